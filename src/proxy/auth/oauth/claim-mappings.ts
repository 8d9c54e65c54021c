/*
 * Mappings of `claim:value`, looked up as the gateway from which they are taken does it: each value of a claim, and each
 * element of a list, is written behind the name of its claim, and capital and small letters are the same.
 *
 * The name of a claim may have colons itself (`https://example.com/roles:admin`), so every part of a key that ends before
 * one may be a name. What stands further down is called by its path, with dots.
 */
import type { Mapped } from '../../../model/identity.ts';
import { type Claims, isObject } from './compact.ts';

/** Deeper than any provider nests, and shallow enough for any stack. */
const DEPTH_MAX = 8;

/** Undefined for a claim that is mapped and is neither text nor a list of text: the token is refused. */
export type ReadMappings = (claims: Claims) => readonly Mapped[] | undefined;

export function mappingReader(mappings: ReadonlyMap<string, Mapped>): ReadMappings {
  const opened = new Map([...mappings].map(([key, each]) => [folded(key), each]));
  const names = new Set([...opened.keys()].flatMap(namesIn));
  if (names.size === 0) return () => [];
  return (claims) => {
    const given: Mapped[] = [];
    for (const [name, value] of named(claims, '', 0)) {
      // A map is no value: what is named is in it. `null` is nothing.
      if (!names.has(name) || isObject(value) || value === null) continue;
      const texts = textsIn([value]);
      if (!texts) return undefined;
      given.push(...texts.flatMap((text) => opened.get(`${name}:${folded(text)}`) ?? []));
    }
    return given;
  };
}

/** The sign for Kelvin is the one letter beyond ASCII that would become one within it, and look like it before. */
function folded(text: string): string {
  return text.replace(/[^\u212a]+/g, (part) => part.toLowerCase());
}

function namesIn(key: string): readonly string[] {
  return [...key.matchAll(/:/g)].map(({ index }) => key.slice(0, index));
}

function* named(claims: Claims, above: string, depth: number): Generator<readonly [string, unknown]> {
  for (const [key, value] of Object.entries(claims)) {
    const name = folded(above === '' ? key : `${above}.${key}`);
    yield [name, value];
    if (isObject(value) && depth < DEPTH_MAX) yield* named(value, name, depth + 1);
  }
}

/** Text and lists of text; undefined when there is anything else. */
export function textsIn(values: readonly unknown[]): readonly string[] | undefined {
  const texts = values.flat();
  return texts.every((text) => typeof text === 'string') ? texts : undefined;
}
