/*
 * From a section of foreign servers to a native file: names become slugs, fields go through the table of the dialect,
 * and the way back to the original words is kept for messages.
 */
import { slugAll } from '../names.ts';
import type { Path } from '../problem.ts';
import { fieldSuggestion } from '../schema-words.ts';
import type { Entry, MapNode } from '../tree.ts';
import type { Reading, Translated } from './dialect.ts';
import { type Field, ServerDraft, written } from './draft.ts';
import { plain, type Rewrite, rewriteNode } from './references.ts';

/** How the entries of one dialect are read. */
export interface EntryRules {
  /** Own keys only: a key of the file is looked up as `Object.hasOwn` does. */
  readonly fields: Readonly<Record<string, Field>>;
  readonly rewrite: Rewrite;
  /** Whether our own fields may stand in an entry too. */
  readonly nativeFields: boolean;
  /** Runs last: what follows from several fields together. */
  readonly finish?: (draft: ServerDraft) => void;
}

/** An entry by its name, with where it stands in the file. */
export interface NamedEntry {
  readonly name: string;
  readonly entry: Entry;
  readonly path: Path;
}

/** Fields whose text may hold references. */
const VALUES = ['command', 'args', 'env', 'cwd', 'url', 'headers'] as const;

/** The entries of a map by name; of what is no map the native schema will say so. */
export function namedEntries(section: Entry | undefined, path: Path): NamedEntry[] {
  if (section?.node.kind !== 'map') return [];
  return [...section.node.entries].map(([name, entry]) => ({ name, entry, path: [...path, name] }));
}

export function nativeFile(
  root: MapNode,
  section: Entry | undefined,
  sectionPath: Path,
  found: readonly NamedEntry[],
  rules: EntryRules,
  reading: Reading,
): Translated {
  const slugs = slugAll(found.map(({ name }) => name));
  const drafts = new Map<string, { readonly draft: ServerDraft | undefined; readonly path: Path }>();
  const entries = new Map<string, Entry>();
  for (const { name, entry, path } of found) {
    const slug = slugs.get(name) ?? name;
    const draft = entry.node.kind === 'map' ? new ServerDraft(name, slug, entry.node, reading) : undefined;
    drafts.set(slug, { draft, path });
    if (draft === undefined) entries.set(slug, entry);
    else if (filled(draft, rules)) entries.set(slug, { ...entry, node: { ...entry.node, ...asMap(draft) } });
  }
  const servers = section?.node.kind === 'map' || found.length > 0 ? mapAt(section, entries) : section;
  return {
    root: { ...root, entries: new Map(servers === undefined ? [] : [['servers', servers]]) },
    original: (path) => originalOf(path, sectionPath, drafts),
  };
}

function mapAt(section: Entry | undefined, entries: ReadonlyMap<string, Entry>): Entry {
  const place = { line: section?.line ?? 1, column: section?.column ?? 1 };
  return { ...place, node: { kind: 'map', ...place, entries } };
}

function asMap(draft: ServerDraft): Pick<MapNode, 'kind' | 'entries'> {
  return { kind: 'map', entries: draft.fields };
}

/** False for an entry that is nothing for us to start. */
function filled(draft: ServerDraft, rules: EntryRules): boolean {
  const names = [...new Set([...Object.keys(rules.fields), ...(rules.nativeFields ? draft.reading.known : [])])];
  for (const [key, entry] of draft.foreign.entries) {
    const rule = Object.hasOwn(rules.fields, key) ? rules.fields[key] : undefined;
    if (typeof rule === 'function') rule(draft, entry, key);
    else if (rule === 'keep' || (rule === undefined && rules.nativeFields && draft.reading.known.includes(key)))
      draft.set(key, entry);
    else if (rule !== 'drop') draft.warn(key, 'Unknown field, ignored.', fieldSuggestion(key, names));
  }
  rules.finish?.(draft);
  for (const field of VALUES) {
    const held = draft.fields.get(field);
    if (held !== undefined)
      draft.fields.set(field, { ...held, node: rewriteNode(held.node, rules.rewrite, draft, [field]) });
  }
  // Not expanded: a name is not a value, whatever characters it has.
  if (draft.name !== draft.slug && !draft.fields.has('title'))
    draft.fields.set('title', written(draft.foreign, plain(draft.name)));
  return !draft.skipped;
}

function originalOf(
  path: Path,
  section: Path,
  drafts: ReadonlyMap<string, { readonly draft: ServerDraft | undefined; readonly path: Path }>,
): Path {
  const [first, second, ...rest] = path;
  if (first !== 'servers') return path;
  if (second === undefined) return section;
  const found = drafts.get(String(second));
  if (found === undefined) return [...section, second, ...rest];
  return [...found.path, ...(found.draft?.origin(rest) ?? rest)];
}
