/*
 * TOML as the same tree as YAML gives, for the one client that keeps its servers so.
 *
 * The parser gives values without places; those come from a scan of the headers and keys (`toml-places.ts`). What the
 * scan does not find, a key inside an inline table, has the place of its parent.
 */
import { parse, TomlError } from 'smol-toml';
import type { Fault, Path, Place } from './problem.ts';
import { tomlPlaces } from './toml-places.ts';
import { DEPTH_MAX, type Entry, keyFault, type Node, type Parsed, refusedWhole, TooLarge } from './tree.ts';

export function parseToml(text: string): Parsed {
  try {
    const value: unknown = parse(text, { integersAsBigInt: 'asNeeded', maxDepth: DEPTH_MAX });
    const growing = new Growing(tomlPlaces(text));
    return { ok: true, root: growing.node(value, [], { line: 1, column: 1 }), faults: growing.faults };
  } catch (thrown) {
    if (thrown instanceof TooLarge || thrown instanceof RangeError)
      return refusedWhole('The file is nested too deeply.');
    // Its message quotes the line, and that line may hold a secret.
    if (thrown instanceof TomlError)
      return { ok: false, faults: [{ ...placeOf(thrown), say: 'This is not valid TOML.' }] };
    throw thrown;
  }
}

function placeOf({ line, column }: TomlError): Place {
  return { line: Math.max(1, line), column: Math.max(1, column) };
}

class Growing {
  readonly faults: Fault[] = [];
  readonly #places: ReadonlyMap<string, Place>;

  constructor(places: ReadonlyMap<string, Place>) {
    this.#places = places;
  }

  node(from: unknown, path: Path, around: Place): Node {
    if (path.length > DEPTH_MAX) throw new TooLarge();
    const place = this.#places.get(JSON.stringify(path)) ?? around;
    if (Array.isArray(from)) {
      return { kind: 'list', ...place, items: from.map((item, index) => this.node(item, [...path, index], place)) };
    }
    if (typeof from === 'object' && from !== null && !(from instanceof Date)) {
      return { kind: 'map', ...place, entries: this.#entries(from, path, place) };
    }
    if (typeof from === 'boolean' || typeof from === 'number')
      return { kind: 'scalar', ...place, value: from, source: String(from), quoted: false };
    // Dates and numbers beyond what is exact are text: no field of ours wants one.
    return { kind: 'scalar', ...place, value: String(from), source: String(from), quoted: true };
  }

  #entries(from: object, path: Path, around: Place): Map<string, Entry> {
    const entries = new Map<string, Entry>();
    for (const [key, value] of Object.entries(from)) {
      const inside = [...path, key];
      const place = this.#places.get(JSON.stringify(inside)) ?? around;
      const wrong = keyFault(key, entries);
      if (wrong !== undefined) this.faults.push({ place, path: inside, ...wrong });
      else entries.set(key, { ...place, node: this.node(value, inside, place) });
    }
    return entries;
  }
}
