/*
 * From the tree to plain values: expands `${NAME}` and `${file:PATH}`, and reads each scalar as the schema wants it.
 *
 * What a value means is decided by its field, not by the look of it: `args: [3000]` is the text "3000", as written, and
 * `port: ${PORT}` is a number. So a token that happens to consist of digits stays text, to the last leading zero.
 */
import { type Environment, expandText, type SecretFiles } from './expand.ts';
import type { Path, Report } from './problem.ts';
import type { SchemaWalk } from './schema-walk.ts';
import type { Node, ScalarNode } from './tree.ts';

export interface ValueOptions {
  readonly env: Environment;
  /** Absent in files of other clients. */
  readonly files: SecretFiles | undefined;
  readonly schema: SchemaWalk;
  readonly report: Report;
  /** Whether the field belongs to a disabled server: there a variable may be missing, and the text stays as written. */
  readonly unused: (path: Path) => boolean;
  /** In a file of another client our way to write a default may not be known. */
  readonly foreign: boolean;
}

export function plainValue(node: Node, path: Path, options: ValueOptions): unknown {
  if (node.kind === 'list') return node.items.map((item, index) => plainValue(item, [...path, index], options));
  if (node.kind === 'scalar') return scalarValue(node, path, options);
  return Object.fromEntries(
    [...node.entries].map(([key, entry]) => [key, plainValue(entry.node, [...path, key], options)]),
  );
}

function scalarValue(node: ScalarNode, path: Path, options: ValueOptions): unknown {
  const wanted = options.schema.type(path);
  if (typeof node.value !== 'string') return wanted === 'string' && node.value !== null ? node.source : node.value;
  const expansion = expandText(node.value, options.env, options.files);
  if (!expansion.ok && options.unused(path)) return node.value;
  if (!expansion.ok) {
    const suggestion = options.foreign && expansion.missing ? 'Set it.' : expansion.suggestion;
    options.report({ path, say: expansion.say, suggestion });
    return UNKNOWN;
  }
  return expansion.expanded ? asWanted(expansion.text, wanted) : expansion.text;
}

/** Stands for a value that could not be expanded; nothing further is said about its field. */
export const UNKNOWN = Symbol('value not known');

function asWanted(text: string, wanted: string | undefined): unknown {
  if ((wanted === 'integer' || wanted === 'number') && /^-?\d{1,15}$/.test(text)) return Number(text);
  if (wanted === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
