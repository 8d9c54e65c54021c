/*
 * A server's questions as they stand in a result (2026-07-28, Multi Round-Trip Requests), made from those that an older
 * server asks: by a request of its own, or by the error that it cannot go on before a URL was visited (2025-11-25,
 * Elicitation › URL Elicitation Required Error).
 *
 * All functions here read a server's message, whose strings nobody has looked into: they throw SyntaxError where one is
 * no JSON string after all.
 */
import type { Message, Span } from '../model/message.ts';
import { errorCodeOf } from './codec.ts';
import { isInputRequired } from './input-required.ts';
import { elementsOf } from './json/elements.ts';
import { isText, memberOf, membersOf } from './json/members.ts';
import { type Edit, removeMembers, splice } from './json/splice.ts';

/** One question as a value of `inputRequests`: JSON text of an object with `method` and perhaps `params`. */
export function inputRequestText({ bytes, method, params }: Message): string {
  const head = `{"method":${JSON.stringify(method)}`;
  return params ? `${head},"params":${withoutOlder(bytes, params.self)}}` : `${head}}`;
}

/** The members of an `input_required` result. `state` is text of the base64url alphabet. */
export function inputRequiredMembers(requests: Iterable<readonly [string, string]>, state: string): string {
  const entries = [...requests].map(([key, text]) => `${JSON.stringify(key)}:${text}`);
  return `"inputRequests":{${entries.join(',')}},"requestState":"${state}"`;
}

const URL_REQUIRED = -32042;

/** The questions of an error that says which URLs the user has to visit first; undefined for any other answer. */
export function urlRequests(answer: Message): readonly string[] | undefined {
  const { bytes, kind, outcome } = answer;
  if (kind !== 'error' || !outcome || errorCodeOf(answer) !== URL_REQUIRED) return undefined;
  const data = memberOf(bytes, outcome, 'data')?.value;
  const list = data && memberOf(bytes, data, 'elicitations')?.value;
  if (!list) return [];
  return elementsOf(bytes, list)
    .filter((element) => asksForUrl(bytes, element))
    .map((element) => `{"method":"elicitation/create","params":${withoutOlder(bytes, element)}}`);
}

function asksForUrl(bytes: Buffer, element: Span): boolean {
  const mode = memberOf(bytes, element, 'mode')?.value;
  const url = memberOf(bytes, element, 'url')?.value;
  if (!mode || !url || bytes[mode.start] !== 0x22 || bytes[url.start] !== 0x22) return false;
  return isText(bytes, mode, 'url');
}

/** What names things that a newer client never hears of again: elicitations, tasks, progress. */
const OLDER = ['elicitationId', 'task'];
const OLDER_META = ['progressToken', 'io.modelcontextprotocol/related-task'];

function withoutOlder(bytes: Buffer, params: Span): string {
  const edits: Edit[] = [...removeMembers(bytes, params, OLDER)];
  const meta = memberOf(bytes, params, '_meta')?.value;
  if (meta) edits.push(...removeMembers(bytes, meta, OLDER_META));
  edits.sort((a, b) => a.start - b.start);
  const own = edits.map((edit) => ({ ...edit, start: edit.start - params.start, end: edit.end - params.start }));
  return splice(bytes.subarray(params.start, params.end), own).toString('utf8');
}

const INPUT_REQUIRED = Buffer.from('input_required');

/** Where the state of an `input_required` result stands; undefined for any other answer, which is seen at one look. */
export function stateSpan(answer: Message): Span | undefined {
  const { bytes, outcome } = answer;
  if (!outcome || !bytes.includes(INPUT_REQUIRED) || !isInputRequired(answer)) return undefined;
  return memberOf(bytes, outcome, 'requestState')?.value;
}

/** The entries of a request's `inputResponses`; undefined when they are no object. */
export function inputResponses({ bytes, params }: Message): ReadonlyMap<string, Span> | undefined {
  const span = params?.inputResponses;
  if (!span) return new Map();
  if (bytes[span.start] !== 0x7b) return undefined;
  return new Map(membersOf(bytes, span).map(({ key, value }) => [key, value]));
}
