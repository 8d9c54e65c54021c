/*
 * Random JSON-RPC messages as text: mostly right, written in every way JSON allows, sometimes broken on purpose.
 *
 * Values come with random blanks, escapes and orders; keys come from a small set so that twins and look-alikes occur;
 * a last step may damage a few bytes.
 */
import fc from 'fast-check';

const blank = fc.constantFrom('', '', '', ' ', '\n', '\t\r ');

/** Characters as they are, escaped, and escaped in ways that only some parsers agree on. */
const character = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('a', 'B', ' ', '{', ']', ',', ':', 'ü', '漢', '😀', '_', '/') },
  { weight: 4, arbitrary: fc.constantFrom('\\"', '\\\\', '\\n', '\\/', '\\u0041', '\\u00fC', '\\ud83d\\ude00') },
  { weight: 1, arbitrary: fc.constantFrom('\\ud83d', '\\ude00', '\\u0000', '\\ud83d\\u0041', '\\x', '\n', '\\u12') },
);
const text = (maxLength: number) => fc.array(character, { maxLength }).map((parts) => `"${parts.join('')}"`);

const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom('0', '-0', '1e5', '1E+2', '-1.5e-3', '1e999', '9007199254740993', '01', '1.', '.5', '+1', '-', '1e'),
);
const literal = fc.constantFrom('true', 'false', 'null', 'true', 'false', 'null', 'True', 'nul', 'NaN', 'undefined');

const key = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', '', 'key', '1', '2').map((k) => `"${k}"`),
  },
  { weight: 2, arbitrary: fc.constantFrom('"\\u0061"', '"name"', '"__proto__"', '"constructor"', '"id"') },
  { weight: 2, arbitrary: text(4) },
);

type Grammar = {
  value: string;
  object: string;
};

const grammar = fc.letrec<Grammar>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    { weight: 3, arbitrary: text(20) },
    { weight: 2, arbitrary: number },
    { weight: 1, arbitrary: literal },
    { weight: 3, arbitrary: tie('object') },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.array(tie('value'), { maxLength: 4 }), blank)
        .map(([items, b]) => `[${b}${items.join(`${b},${b}`)}${b}]`),
    },
  ),
  object: members(key, tie('value'), 20),
}));

function members(keys: fc.Arbitrary<string>, values: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> {
  const one = fc.tuple(keys, blank, values).map(([k, b, v]) => `${k}${b}:${b}${v}`);
  return fc.tuple(fc.array(one, { maxLength }), blank).map(([list, b]) => `{${b}${list.join(`${b},${b}`)}${b}}`);
}

const paramsKey = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('"name"', '"uri"', '"cursor"', '"_meta"', '"arguments"', '"level"', '"x"') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('"Name"', '"argument\\u017f"', '"reque\u017ftId"', '"to\u212aen"', '"ta\u017f\u212a"'),
  },
  { weight: 1, arbitrary: key },
);
const params = members(paramsKey, grammar.value, 6);

const id = fc.oneof(
  { weight: 6, arbitrary: fc.oneof(fc.nat().map(String), fc.constantFrom('"a"', '""', '0', '-1', '9007199254740991')) },
  { weight: 1, arbitrary: fc.oneof(number, literal, text(6), grammar.object) },
);

/** One top-level member: right most of the time. */
const pair = (name: string, values: fc.Arbitrary<string>, odd: string) =>
  fc
    .tuple(
      fc.oneof({ weight: 12, arbitrary: fc.constant(name) }, { weight: 1, arbitrary: fc.constant(odd) }),
      blank,
      values,
    )
    .map(([k, b, v]) => `"${k}"${b}:${b}${v}`);

const version = pair(
  'jsonrpc',
  fc.oneof({ weight: 20, arbitrary: fc.constant('"2.0"') }, { weight: 1, arbitrary: literal }),
  'JSONRPC',
);
const method = pair(
  'method',
  fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom('"tools/call"', '"x"', '"\\u0078/y"') },
    { weight: 1, arbitrary: grammar.value },
  ),
  'Method',
);
const idPair = pair('id', id, '\\u0069d');
const paramsPair = pair(
  'params',
  fc.oneof({ weight: 9, arbitrary: params }, { weight: 1, arbitrary: grammar.value }),
  'paramS',
);
const resultPair = pair(
  'result',
  fc.oneof({ weight: 9, arbitrary: params }, { weight: 1, arbitrary: grammar.value }),
  'extra',
);
const errorPair = pair('error', grammar.object, 'result');

const topLevel = fc
  .oneof(
    { weight: 6, arbitrary: fc.tuple(version, idPair, method, paramsPair) },
    { weight: 2, arbitrary: fc.tuple(version, method, paramsPair) },
    { weight: 2, arbitrary: fc.tuple(version, idPair, method) },
    { weight: 2, arbitrary: fc.tuple(version, idPair, resultPair) },
    { weight: 2, arbitrary: fc.tuple(version, idPair, errorPair) },
    { weight: 1, arbitrary: fc.tuple(version, idPair, idPair, method, resultPair) },
  )
  .chain((list) => fc.tuple(fc.shuffledSubarray([...list], { minLength: list.length }), blank, blank))
  .map(([list, a, b]) => `${a}{${b}${list.join(`${a},${b}`)}${a}}${b}`);

/** A message that is JSON more often than not. */
export const messageText: fc.Arbitrary<string> = fc.oneof(
  { weight: 20, arbitrary: topLevel },
  { weight: 1, arbitrary: grammar.value },
  { weight: 1, arbitrary: fc.tuple(topLevel, topLevel).map(([a, b]) => `[${a},${b}]`) },
  { weight: 1, arbitrary: fc.tuple(topLevel, grammar.value).map(([a, b]) => `${a} ${b}`) },
);

export const objectText: fc.Arbitrary<string> = grammar.object;

/** The same as bytes, a third of them with a few bytes changed, added or taken away. */
export const messageBytes: fc.Arbitrary<Buffer> = fc
  .tuple(
    messageText,
    fc.nat({ max: 2 }),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 2 })), { maxLength: 3 }),
  )
  .map(([message, dice, wounds]) => (dice === 0 ? wounds.reduce(wound, Buffer.from(message)) : Buffer.from(message)));

const SHARP = Buffer.from('"\\{}[]:,0-eu \n\0\ufeff');

function wound(bytes: Buffer, [where, byte, how]: [number, number, number]): Buffer {
  const at = where % (bytes.length + 1);
  const put = byte % 2 === 0 ? byte : (SHARP[byte % SHARP.length] ?? 0);
  return Buffer.concat([
    bytes.subarray(0, at),
    how === 0 ? Buffer.alloc(0) : Buffer.from([put]),
    bytes.subarray(how === 1 ? at : at + 1),
  ]);
}
