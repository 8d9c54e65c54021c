#!/usr/bin/env bash
# The README's commands with every npm that people have: npm 10, 11 and 12 (or those named as arguments).
#
# Each one installs the committed tree into an empty folder with an empty cache; then `npm start` must bring up the
# gateway on a Node that fits. Which matters, because npm decides whether the script runs that brings that Node: npm 12
# runs none that is not named in package.json's `allowScripts`. npm 12 itself needs Node 22, so it runs on ours.
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

try() {
  local major=$1 here=$folder/$1
  mkdir -p "$here/tree" "$here/bin"
  git archive HEAD | tar -x -C "$here/tree"
  npm install --silent --prefix "$here/npm" "npm@$major" >/dev/null
  printf '#!/bin/sh\nexec node "%s" "$@"\n' "$here/npm/node_modules/npm/bin/npm-cli.js" >"$here/bin/npm"
  chmod +x "$here/bin/npm"
  if [ "$major" -ge 12 ]; then ln -s "$root/node_modules/node/bin/node" "$here/bin/node"; fi
  (
    cd "$here/tree"
    export PATH="$here/bin:$PATH" npm_config_cache="$here/cache"
    # What an outer npm (`npm run …`) tells its children would speak for this one.
    unset npm_config_user_agent npm_execpath npm_node_execpath npm_command npm_lifecycle_event
    [ "$(npm --version | cut -d. -f1)" = "$major" ] || { echo "npm $major: not in place"; exit 1; }
    npm install >"$here/log" 2>&1 || { cat "$here/log"; exit 1; }
    node_modules/.bin/node tools/require-node.js
    node_modules/.bin/node test/ground/start-once.ts
    echo "npm $(npm --version) on node $(node --version): installed and started on node $(node_modules/.bin/node --version)"
  )
}

for major in "${@:-10 11 12}"; do
  for one in $major; do try "$one"; done
done
