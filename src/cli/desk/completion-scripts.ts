/*
 * What makes each shell ask `gatewright __complete`. No script evaluates what comes back: it is taken line by line.
 */

const BASH = `# gatewright completion for bash. Once:  eval "$(gatewright completion bash)"
_gatewright() {
  local words=() line=\${COMP_LINE:0:COMP_POINT} before
  # Bash cuts words at ":" and "="; the names of tools may have both.
  read -ra words <<< "$line"
  [[ $line == *' ' ]] && words+=('')
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done \\
    < <("\${words[0]}" __complete -- "\${words[@]:1}" 2>/dev/null)
  before=\${words[\${#words[@]}-1]%"\${COMP_WORDS[COMP_CWORD]}"}
  COMPREPLY=("\${COMPREPLY[@]#"$before"}")
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *. ]] && compopt -o nospace
  return 0
}
complete -o default -F _gatewright gatewright
`;

const ZSH = `#compdef gatewright
# gatewright completion for zsh. Once:  eval "$(gatewright completion zsh)"
_gatewright() {
  local -a found
  found=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  if (( \${#found} )); then compadd -Q -- "\${found[@]}"; else _files; fi
}
if [[ $funcstack[1] == _gatewright ]]; then _gatewright "$@"; else compdef _gatewright gatewright; fi
`;

const FISH = `# gatewright completion for fish. Once:  gatewright completion fish | source
function __gatewright_complete
    set -l words (commandline -opc) (commandline -ct)
    $words[1] __complete -- $words[2..-1] 2>/dev/null
end
complete -c gatewright -a '(__gatewright_complete)'
`;

const SCRIPTS: ReadonlyMap<string, string> = new Map([
  ['bash', BASH],
  ['zsh', ZSH],
  ['fish', FISH],
]);

export const SHELLS: readonly string[] = [...SCRIPTS.keys()];

export function completionScript(shell: string): string | undefined {
  return SCRIPTS.get(shell);
}
