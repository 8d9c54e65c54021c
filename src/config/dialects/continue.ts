/*
 * Continue's `config.yaml`: `mcpServers` is a list of entries with a `name`. Older ones, `config.json`, hold a list of
 * transports without names under `experimental.modelContextProtocolServers`.
 */
import type { Path } from '../problem.ts';
import { type Entry, type MapNode, type Node, nodeAt } from '../tree.ts';
import type { Dialect, Reading } from './dialect.ts';
import { type Field, textOf } from './draft.ts';
import { type EntryRules, type NamedEntry, nativeFile } from './entries.ts';
import { connectTimeout, nullableEnv } from './field-rules.ts';
import { secretReferences } from './references.ts';

const LIST: Path = ['mcpServers'];
const OLD_LIST: Path = ['experimental', 'modelContextProtocolServers'];

const requestOptions: Field = (draft, entry, key) => {
  if (entry.node.kind !== 'map') return draft.warn(key, 'Expected a map, ignored.');
  for (const [name, inside] of entry.node.entries) {
    if (name === 'headers') draft.set('headers', inside, [key, name]);
    else if (name === 'verifySsl' || name === 'caBundlePath' || name === 'clientCertificate' || name === 'proxy')
      draft.fault(key, `"${name}" is not taken over.`, 'Reach the server without it, or leave it to Continue.');
  }
};

const RULES: EntryRules = {
  fields: {
    name: 'drop',
    serverName: 'drop',
    faviconUrl: 'drop',
    sourceFile: 'drop',
    command: 'keep',
    args: 'keep',
    env: nullableEnv,
    cwd: 'keep',
    type: 'keep',
    url: 'keep',
    requestOptions,
    connectionTimeout: connectTimeout(1),
    timeout: connectTimeout(1),
  },
  rewrite: secretReferences,
  nativeFields: false,
};

export const continueFile: Dialect = {
  title: 'Continue',
  fits: (root, path) =>
    root.entries.get('mcpServers')?.node.kind === 'list' ||
    nodeAt(root, OLD_LIST) !== undefined ||
    /[\\/]\.continue[\\/]config\.(?:ya?ml|json)$/i.test(path),
  translate: (root, reading) => {
    const path = root.entries.has('mcpServers') ? LIST : OLD_LIST;
    const list = nodeAt(root, path);
    const section = root.entries.get(String(path[0]));
    const found = list?.kind === 'list' ? entriesOf(list.items, path, reading) : [];
    return nativeFile(root, found.length > 0 ? section : undefined, path, found, RULES, reading);
  },
};

function entriesOf(items: readonly Node[], path: Path, { warn }: Reading): NamedEntry[] {
  const found = new Map<string, NamedEntry>();
  items.forEach((item, index) => {
    const at = [...path, index];
    const place = { line: item.line, column: item.column };
    const inside = item.kind === 'map' ? transportOf(item) : undefined;
    const name = nameOf(item) ?? `server-${index + 1}`;
    if (item.kind !== 'map') warn({ path: at, place, say: 'Not taken: this is not an entry.' });
    else if (item.entries.has('uses')) warn({ path: at, place, say: 'Not taken: this entry is kept by Continue.' });
    else if (found.has(name)) warn({ path: at, place, say: 'Not taken: an entry above has the same name.' });
    else found.set(name, { name, path: inside === item ? at : [...at, 'transport'], entry: entryAt(inside ?? item) });
  });
  return [...found.values()];
}

function entryAt(node: Node): Entry {
  return { line: node.line, column: node.column, node };
}

function transportOf(item: MapNode): MapNode {
  const transport = item.entries.get('transport')?.node;
  return transport?.kind === 'map' ? transport : item;
}

function nameOf(item: Node): string | undefined {
  return item.kind === 'map' ? textOf(item.entries.get('name')?.node) : undefined;
}
