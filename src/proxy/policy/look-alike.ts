/*
 * Names that a reader, or a model, takes for one another (threat T21): `Search` and `search`, `ｓearch`, `ѕearch` with a
 * Cyrillic s, and names with characters that nobody sees. Two names look alike when their skeletons are equal.
 *
 * The letters are those of Cyrillic and Greek, and the digits, that look like Latin letters in most typefaces (Unicode
 * TR39 has the whole table). It need not be complete: names that are not ASCII are shown with a hash anyway.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Mn}]/gu;

const TWINS: readonly (readonly [string, string])[] = [
  ['аαɑ', 'a'],
  ['вβ', 'b'],
  ['сϲ', 'c'],
  ['ԁ', 'd'],
  ['еєε', 'e'],
  ['ɡ', 'g'],
  ['һнη', 'h'],
  ['ıіι', 'i'],
  ['ј', 'j'],
  ['кκ', 'k'],
  ['1|ӏ', 'l'],
  ['мμ', 'm'],
  ['ո', 'n'],
  ['0оοօ', 'o'],
  ['рρ', 'p'],
  ['ԛ', 'q'],
  ['г', 'r'],
  ['ѕ', 's'],
  ['тτ', 't'],
  ['υս', 'u'],
  ['ѵν', 'v'],
  ['ԝω', 'w'],
  ['хχ', 'x'],
  ['уүγ', 'y'],
  ['ζ', 'z'],
  ['‐‑‒–—−', '-'],
];
const LATIN: ReadonlyMap<string, string> = new Map(
  TWINS.flatMap(([twins, letter]) => [...twins].map((twin) => [twin, letter] as const)),
);
const ASCII = /^[\0-\x7f]*$/;

/** The same for names that look alike. */
export function skeletonOf(name: string): string {
  if (ASCII.test(name)) return name.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('|', 'l');
  const folded = name.normalize('NFKD').replace(INVISIBLE, '').toUpperCase().toLowerCase();
  return Array.from(folded, (letter) => LATIN.get(letter) ?? letter).join('');
}
