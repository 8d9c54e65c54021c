/*
 * References to variables as other clients write them, turned into ours.
 *
 * What stands in a foreign value and is no reference there must not become one here: `${AUTH}` in a file whose client
 * expands nothing is meant for the program that gets it.
 */
import { homedir } from 'node:os';
import { sep } from 'node:path';
import type { Path, Place } from '../problem.ts';
import type { Node } from '../tree.ts';
import type { Reading } from './dialect.ts';
import type { ServerDraft } from './draft.ts';

/** A value → the same value in our words; what cannot be said in them is a fault of the draft. */
export type Rewrite = (text: string, draft: ServerDraft, where: Where) => string;

/** Where the value stands, below the native entry and in the file. */
export interface Where extends Place {
  readonly path: Path;
}

const REFERENCE = /\$\{([^{}]*)\}/g;
const PLAIN_NAME = /^(?:env:)?[A-Za-z_][A-Za-z0-9_]*(?::-.*)?$/s;

export const literal: Rewrite = (text) => plain(text);

/** Cursor, VS Code, Windsurf, Cline: `${env:NAME}` and words for folders; anything else is plain text. */
export const namedReferences: Rewrite = (text, draft, where) =>
  rewritten(text, (inside) => (/^env:[A-Za-z_]\w*$/.test(inside) ? `\${${inside}}` : known(inside, draft, where)));

/** A file of which the client is not known, and Claude Code's: `${NAME}` too. */
export const looseReferences: Rewrite = (text, draft, where) =>
  text.replace(REFERENCE, (whole: string, inside: string) => {
    // The program expands it itself: its own entry gives it the variable.
    if (where.path[0] === 'args' && ownVariables(draft).has(inside)) return plain(whole);
    return PLAIN_NAME.test(inside) && !KNOWN.has(inside) ? whole : (known(inside, draft, where) ?? whole);
  });

/** Gemini CLI: `$NAME` too, which stays as it is when there is no such variable. */
export const dollarReferences: Rewrite = (text, draft, where) =>
  looseReferences(text, draft, where).replace(/\$([A-Za-z_]\w*)/g, (whole: string, name: string) =>
    isSet(name, draft.reading) ? `\${${name}}` : whole,
  );

/** Continue: `${{ secrets.NAME }}`. Its secrets are not here; a variable of that name may be. */
export const secretReferences: Rewrite = (text, draft, where) => {
  const parts = text.split(/\$\{\{\s*(?:secrets\.)?([^{}]*?)\s*\}\}/);
  return parts
    .map((part, index) => {
      if (index % 2 === 0) return plain(part);
      if (/^[A-Za-z_]\w*$/.test(part)) return `\${${part}}`;
      draft.faultAt(where, 'This names a value that only Continue knows.', 'Write the value itself.');
      return '';
    })
    .join('');
};

/** Every text in a field. */
export function rewriteNode(node: Node, rewrite: Rewrite, draft: ServerDraft, path: Path): Node {
  if (node.kind === 'scalar') {
    if (typeof node.value !== 'string') return node;
    const value = rewrite(node.value, draft, { path, line: node.line, column: node.column });
    return value === node.value ? node : { ...node, value, source: value };
  }
  if (node.kind === 'list') {
    const items = node.items.map((item, index) => rewriteNode(item, rewrite, draft, [...path, index]));
    return { ...node, items };
  }
  const entries = [...node.entries].map(
    ([key, entry]) => [key, { ...entry, node: rewriteNode(entry.node, rewrite, draft, [...path, key]) }] as const,
  );
  return { ...node, entries: new Map(entries) };
}

/** `each` gives what stands for a reference in our words, or undefined for what is plain text. */
export function rewritten(text: string, each: (inside: string) => string | undefined): string {
  let out = '';
  let last = 0;
  for (const match of text.matchAll(REFERENCE)) {
    out += plain(text.slice(last, match.index)) + (each(match[1] ?? '') ?? plain(match[0]));
    last = match.index + match[0].length;
  }
  return out + plain(text.slice(last));
}

const KNOWN: ReadonlySet<string> = new Set(['userHome', 'pathSeparator', '/', 'workspaceFolder', 'workspaceRoot']);

/** Words that editors know without being told. */
export function known(inside: string, draft: ServerDraft, where: Where): string | undefined {
  if (inside === 'userHome') return plain(draft.reading.env.HOME ?? homedir());
  if (inside === 'pathSeparator' || inside === '/') return sep;
  if (/^(?:workspace|file:|command:|config:|relativeFile|cwd$)/.test(inside)) {
    draft.faultAt(where, 'This stands for something that only the editor knows.', 'Write the value itself.');
    return '';
  }
  return undefined;
}

/** Text in which nothing is a reference. */
export function plain(text: string): string {
  return text.replaceAll('${', () => '$${');
}

function ownVariables(draft: ServerDraft): ReadonlySet<string> {
  const env = draft.foreign.entries.get('env')?.node;
  return new Set(env?.kind === 'map' ? env.entries.keys() : []);
}

export function isSet(name: string, { env }: Reading): boolean {
  return Object.hasOwn(env, name) && env[name] !== undefined;
}
