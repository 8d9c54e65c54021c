/*
 * What is asked and what must come back: the four shapes of an answer, and how one is checked.
 *
 * Every call carries a number of its own at the front of its text, and every answer must bring back that number and
 * then a block of bytes that is known to the last one. A proxy that loses, swaps or cuts an answer cannot pass.
 * The 32 KB shapes differ in what a reader of JSON has to do: one long plain string, many small values, or one string
 * in which every few bytes are an escape (JSON inside JSON, which is what many servers send).
 */

export const SHAPES = ['echo', 'text', 'structured', 'escaped'] as const;
export type Shape = (typeof SHAPES)[number];

/** Call numbers have nine digits, so that the length of a request is known beforehand. */
export const FIRST_CALL = 100_000_000;
export const CALL_DIGITS = 9;

const ECHO_BYTES = 700;
const LARGE_BYTES = 32_000;
const WORDS = 'the quick brown fox jumps over the lazy dog and runs into the forest ';

/** What follows the number in the text of a request. */
export const FILLER = filled(WORDS, ECHO_BYTES - CALL_DIGITS);

/** For each shape the bytes of an answer after the number: from there to the end of the known block. */
export const BLOCKS: Readonly<Record<Shape, Buffer>> = {
  echo: Buffer.from(`${FILLER}"`, 'latin1'),
  text: Buffer.from(`${filled(WORDS, LARGE_BYTES)}"`, 'latin1'),
  structured: Buffer.from(structuredRows(), 'latin1'),
  escaped: Buffer.from(`${escapedText()}"`, 'latin1'),
};

/** `structuredContent` stands apart from the text, so its block is searched for, the others follow the number. */
const BLOCK_START: Partial<Record<Shape, string>> = { structured: '{"rows":[' };

function filled(pattern: string, length: number): string {
  return pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length);
}

function row(index: number): Record<string, unknown> {
  return { index, name: `entry-${index}`, size: index * 17, ratio: index / 8, open: index % 2 === 0, tags: ['a', 'b'] };
}

function structuredRows(): string {
  const rows: unknown[] = [];
  for (let bytes = 0; bytes < LARGE_BYTES; bytes += JSON.stringify(row(rows.length)).length)
    rows.push(row(rows.length));
  return JSON.stringify({ rows });
}

/** Only escapes that `JSON.stringify` writes the same way, so that a proxy that rebuilds answers gives equal bytes. */
function escapedText(): string {
  const line = JSON.stringify('{\n\t"path": "C:\\\\temp",\n\t"say": "\\"hello\\""\n},\n').slice(1, -1);
  return filled(line, Math.floor(LARGE_BYTES / line.length) * line.length);
}

/** Says what is wrong with an answer, or undefined when it is the right one. */
export function wrongWith(body: Buffer, call: number, shape: Shape): string | undefined {
  const digits = String(call);
  if (!hasId(body, digits)) return `no answer with id ${digits}`;
  const anchor = `"text":"${digits}`;
  const at = body.indexOf(anchor, 0, 'latin1');
  if (at < 0) return `the text of call ${digits} is missing`;
  const start = BLOCK_START[shape];
  const blockAt = start ? body.indexOf(start, 0, 'latin1') : at + anchor.length;
  return blockAt >= 0 && sameBytes(body, blockAt, BLOCKS[shape]) ? undefined : `the ${shape} block differs`;
}

/** Servers put the id first or last; both ends are tried before the whole is searched. */
function hasId(body: Buffer, digits: string): boolean {
  const wanted = `"id":${digits}`;
  const head = body.toString('latin1', 0, 64);
  if (head.includes(wanted)) return true;
  const nearEnd = Math.max(0, body.length - 64);
  return body.includes(wanted, nearEnd, 'latin1') || body.includes(wanted, 0, 'latin1');
}

function sameBytes(body: Buffer, at: number, block: Buffer): boolean {
  const end = at + block.length;
  return end <= body.length && body.compare(block, 0, block.length, at, end) === 0;
}
