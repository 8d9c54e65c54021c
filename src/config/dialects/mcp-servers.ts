/*
 * The `mcpServers` file that Claude, Cursor and many other clients keep, read as it is.
 *
 * Names there are free text: they become slugs, and the original stays as `title`. The files hold much that is meant for
 * the client alone, so unknown fields are warnings. `disabled: true` is respected.
 * What comes out is the tree of a native file whose nodes still know their lines.
 */
import { slugAll } from '../names.ts';
import type { Path, Report } from '../problem.ts';
import { fieldSuggestion } from '../schema-words.ts';
import type { Entry, MapNode, Node, ScalarNode } from '../tree.ts';

const UNKNOWN = 'Unknown field, ignored.';

export interface Translated {
  readonly root: MapNode;
  /** A path in the native tree, as the person wrote it. */
  readonly original: (path: Path) => Path;
}

export function isMcpServersFile(root: MapNode): boolean {
  return root.entries.has('mcpServers') && !root.entries.has('servers');
}

export function fromMcpServers(root: MapNode, knownFields: readonly string[], warn: Report): Translated {
  for (const [key, place] of root.entries) {
    if (key !== 'mcpServers')
      warn({ path: [key], place, say: 'Ignored: from this kind of file only "mcpServers" is read.' });
  }
  const servers = root.entries.get('mcpServers');
  if (servers?.node.kind !== 'map')
    return { root: native(root, servers), original: (path) => renamed(path, new Map()) };
  const slugs = slugAll([...servers.node.entries.keys()]);
  const entries = [...servers.node.entries].map(([name, entry]): [string, Entry] => {
    const slug = slugs.get(name) ?? name;
    return [slug, { ...entry, node: serverNode(entry.node, name, slug, knownFields, warn) }];
  });
  const originals = new Map([...slugs].map(([name, slug]) => [slug, name]));
  const translated: Entry = { ...servers, node: { ...servers.node, entries: new Map(entries) } };
  return { root: native(root, translated), original: (path) => renamed(path, originals) };
}

function native(root: MapNode, servers: Entry | undefined): MapNode {
  return { ...root, entries: new Map(servers === undefined ? [] : [['servers', servers]]) };
}

function renamed(path: Path, originals: ReadonlyMap<string, string>): Path {
  const [first, second, ...rest] = path;
  if (first !== 'servers') return path;
  if (second === undefined) return ['mcpServers'];
  return ['mcpServers', originals.get(String(second)) ?? second, ...rest];
}

function serverNode(node: Node, name: string, slug: string, known: readonly string[], warn: Report): Node {
  if (node.kind !== 'map') return node;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    if (key === 'disabled') entries.set('enabled', { ...entry, node: inverted(entry.node) });
    else if (known.includes(key)) entries.set(key, entry);
    else warn({ path: ['servers', slug, key], place: entry, say: UNKNOWN, suggestion: fieldSuggestion(key, known) });
  }
  if (name !== slug && !entries.has('title')) entries.set('title', { ...place(node), node: textNode(node, name) });
  return { ...node, entries };
}

function inverted(node: Node): Node {
  return node.kind === 'scalar' && typeof node.value === 'boolean' ? { ...node, value: !node.value } : node;
}

function place(node: Node): { line: number; column: number } {
  return { line: node.line, column: node.column };
}

function textNode(at: Node, text: string): ScalarNode {
  // Not expanded: a name is not a value, whatever characters it has.
  const value = text.replaceAll('${', () => `$\${`);
  return { kind: 'scalar', ...place(at), value, source: value, quoted: true };
}
