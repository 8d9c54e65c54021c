/*
 * What a dialect is: it turns the tree of a foreign file into the tree of a native one, whose nodes still know their
 * lines, and whose values are written as ours are (`${NAME}` for a variable, `$${` for a plain `${`).
 *
 * Foreign files hold much that is for their client alone, so a field that nobody knows is a warning. What a server
 * needs and we cannot give it is a fault: a server started without its key, or with a placeholder for it, would be
 * worse than none. Nothing a dialect does may offer more tools than the client would.
 */
import type { Environment } from '../expand.ts';
import type { Path, Report } from '../problem.ts';
import type { MapNode } from '../tree.ts';

export interface Dialect {
  readonly title: string;
  /** Whether the file is written so; `path` decides only what the content leaves open. */
  readonly fits: (root: MapNode, path: string) => boolean;
  readonly translate: (root: MapNode, reading: Reading) => Translated;
}

export interface Reading {
  readonly path: string;
  readonly env: Environment;
  /** Names of the fields of a native server entry. */
  readonly known: readonly string[];
  /** Both speak of native paths; `Translated.original` turns them into what the person wrote. */
  readonly warn: Report;
  readonly fault: Report;
}

export interface Translated {
  readonly root: MapNode;
  readonly original: (path: Path) => Path;
}
