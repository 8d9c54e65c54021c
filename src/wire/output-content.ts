/*
 * A newer tool's structured content, as an older client reads it (output-schema.ts says the same of its schema).
 *
 *   of any type     {"result": …}, because until 2026-07-28 structured content is an object
 *   nothing beside  its JSON as a block of text, for those who show text only (Server › Tools › Structured Content)
 *
 * The value itself stays as the server wrote it, digit for digit.
 */
import type { Message, Span } from '../model/message.ts';
import { elementsOf } from './json/elements.ts';
import { isText, memberOf, membersOf } from './json/members.ts';
import { type Edit, insertMembers } from './json/splice.ts';
import { WRAPPED_AS } from './output-schema.ts';

/** How a client reads structured content: as an object, or, before 2025-06-18, not at all. */
export type Reads = 'objects' | 'nothing';

const BRACE = 0x7b;
const BRACKET = 0x5b;
const QUOTE = 0x22;
const NONE: readonly Edit[] = [];
/** Most results have none, and that must cost next to nothing. A key with escapes is a name that we do not look for. */
const KEY = Buffer.from('"structuredContent"');

/** `wrapped` when the tool's schema says that content of any type may come; then objects are put into one, too. */
export function contentEdits({ bytes, outcome }: Message, wrapped: boolean, reads: Reads): readonly Edit[] {
  const content = outcome && bytes.includes(KEY) && memberOf(bytes, outcome, 'structuredContent')?.value;
  if (!outcome || !content) return NONE;
  const isObject = bytes[content.start] === BRACE;
  const edits = isObject && reads === 'objects' ? [] : textEdits(bytes, outcome, content);
  if (wrapped || !isObject) {
    edits.push({ start: content.start, end: content.start, put: `{"${WRAPPED_AS}":` });
    edits.push({ start: content.end, end: content.end, put: '}' });
  }
  return edits;
}

function textEdits(bytes: Buffer, result: Span, content: Span): Edit[] {
  const text = JSON.stringify(bytes.toString('utf8', content.start, content.end));
  const block = `{"type":"text","text":${text}}`;
  const blocks = memberOf(bytes, result, 'content')?.value;
  if (!blocks) return [insertMembers(bytes, result, `"content":[${block}]`)];
  if (bytes[blocks.start] !== BRACKET) return [];
  const elements = elementsOf(bytes, blocks);
  if (elements.some((element) => isTextBlock(bytes, element))) return [];
  const at = elements.at(-1)?.end ?? blocks.start + 1;
  return [{ start: at, end: at, put: elements.length > 0 ? `,${block}` : block }];
}

function isTextBlock(bytes: Buffer, block: Span): boolean {
  const types = membersOf(bytes, block).filter(({ key }) => key === 'type');
  return types.some(({ value }) => bytes[value.start] === QUOTE && isText(bytes, value, 'text'));
}
