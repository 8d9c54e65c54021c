/*
 * VS Code's `mcp.json`: `servers`, and `inputs` that it asks the person for.
 *
 * Nobody is there to ask when a gateway starts, so `${input:github-token}` is the environment variable
 * `GATEWRIGHT_INPUT_GITHUB_TOKEN`, or the input's default; without both the server lacks it and is not started. Not a
 * variable of the plain name: something else may stand in that, and it would be sent to the server.
 */
import { basename } from 'node:path';
import type { Path } from '../problem.ts';
import type { MapNode, Node } from '../tree.ts';
import type { Dialect } from './dialect.ts';
import { type Field, type ServerDraft, textOf } from './draft.ts';
import { namedEntries, nativeFile } from './entries.ts';
import { envFile, nullableEnv, signIn } from './field-rules.ts';
import { isSet, known, plain, type Rewrite, rewritten, type Where } from './references.ts';

const SECTION: Path = ['servers'];

/** Only we have these: a file with one of them is ours, whatever its name. */
const OURS = 'defaults endpoints listen auth limits egress publicUrl allowedHosts allowedOrigins'.split(' ');

const CLIENTS_OWN = 'gallery version dev sandbox sandboxEnabled icons'.split(' ');

const FIELDS: Readonly<Record<string, Field>> = {
  ...Object.fromEntries(CLIENTS_OWN.map((name) => [name, 'drop' as const])),
  type: 'keep',
  command: 'keep',
  args: 'keep',
  env: nullableEnv,
  cwd: 'keep',
  url: 'keep',
  headers: 'keep',
  envFile,
  oauth: signIn,
};

export const vscode: Dialect = {
  title: 'VS Code',
  fits: (root, path) => {
    if (OURS.some((name) => root.entries.has(name)) || root.entries.has('mcpServers')) return false;
    return root.entries.has('inputs') || (root.entries.has('servers') && basename(path) === 'mcp.json');
  },
  translate: (root, reading) => {
    for (const [key, place] of root.entries) {
      if (key !== 'servers' && key !== 'inputs' && key !== '$schema')
        reading.warn({ path: [key], place, say: 'Ignored: from this kind of file only "servers" is read.' });
    }
    const section = root.entries.get('servers');
    const rules = { fields: FIELDS, rewrite: references(inputsIn(root)), nativeFields: false };
    return nativeFile(root, section, SECTION, namedEntries(section, SECTION), rules, reading);
  },
};

interface Input {
  readonly description: string | undefined;
  readonly initial: string | undefined;
}

function inputsIn(root: MapNode): ReadonlyMap<string, Input> {
  const inputs = root.entries.get('inputs')?.node;
  const found = new Map<string, Input>();
  for (const node of inputs?.kind === 'list' ? inputs.items : []) {
    const id = textAt(node, 'id');
    if (id !== undefined) found.set(id, { description: textAt(node, 'description'), initial: textAt(node, 'default') });
  }
  return found;
}

function textAt(node: Node, key: string): string | undefined {
  return node.kind === 'map' ? textOf(node.entries.get(key)?.node) : undefined;
}

function references(inputs: ReadonlyMap<string, Input>): Rewrite {
  return (text, draft, where) =>
    rewritten(text, (inside) => {
      if (/^env:[A-Za-z_]\w*$/.test(inside)) return `\${${inside}}`;
      if (inside.startsWith('input:')) return inputReference(inside.slice('input:'.length), inputs, draft, where);
      return known(inside, draft, where);
    });
}

function inputReference(
  id: string,
  inputs: ReadonlyMap<string, Input>,
  draft: ServerDraft,
  where: Where,
): string | undefined {
  const variable = inputVariable(id);
  const input = inputs.get(id);
  if (isSet(variable, draft.reading) && draft.reading.env[variable] !== '') return `\${${variable}}`;
  // Taken as it is: a default is text, not a reference.
  if (input?.initial) return plain(input.initial);
  const what = input?.description === undefined ? '' : ` (${input.description})`;
  draft.faultAt(where, `VS Code asks for "${id}"${what} before it starts this server.`, `Set ${variable}.`);
  return '';
}

/** `github-token` → `GATEWRIGHT_INPUT_GITHUB_TOKEN` */
export function inputVariable(id: string): string {
  return `GATEWRIGHT_INPUT_${id.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;
}
