/*
 * A result that says what is missing, and the request made again that brings it (MCP 2026-07-28, Multi Round-Trip Requests).
 *
 *   result    { resultType: "input_required", inputRequests: { key: { method, params } }, requestState: "…" }
 *   request   { …the same params…, inputResponses: { key: result }, requestState: "…" }
 *
 * Keys, state, questions and answers are carried as bytes: what either side wrote is what the other reads. What the
 * protocol does not allow throws SyntaxError.
 */
import type { Message, Span } from '../model/message.ts';
import { isText, memberOf, membersOf, readString } from './json/members.ts';
import { scanAnswer } from './json/scan-answer.ts';
import { replaceMembers, splice } from './json/splice.ts';

export interface InputRequest {
  /** JSON text. */
  readonly key: string;
  /** As a request of its own; its id is a stand-in. */
  readonly question: Message;
}

export interface InputRequired {
  readonly requests: readonly InputRequest[];
  /** JSON text. */
  readonly state: string | undefined;
}

/** Only the results of these may say that something is missing (Supported Requests). */
export const MAY_ASK: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

const QUESTIONS: ReadonlySet<string> = new Set(['elicitation/create', 'sampling/createMessage', 'roots/list']);
const DEPTH_MAX = 1024;
const BRACE = 0x7b;
const QUOTE = 0x22;

export function isInputRequired({ bytes, kind, outcome }: Message): boolean {
  if (kind !== 'result' || !outcome) return false;
  const type = memberOf(bytes, outcome, 'resultType')?.value;
  return type !== undefined && bytes[type.start] === QUOTE && isText(bytes, type, 'input_required');
}

/** What such a result asks for. */
export function readInputRequired({ bytes, outcome }: Message): InputRequired {
  const asked = outcome && memberOf(bytes, outcome, 'inputRequests')?.value;
  const requests = asked ? readRequests(bytes, asked) : [];
  const state = outcome && memberOf(bytes, outcome, 'requestState')?.value;
  if (requests.length === 0 && !state) throw new SyntaxError('input required, but neither requests nor state');
  return { requests, state: state && stringText(bytes, state) };
}

function readRequests(bytes: Buffer, span: Span): readonly InputRequest[] {
  if (bytes[span.start] !== BRACE) throw new SyntaxError('inputRequests is no object');
  const members = membersOf(bytes, span);
  if (new Set(members.map(({ key }) => key)).size < members.length) throw new SyntaxError('an input request twice');
  return members.map(({ keySpan, value }) => ({
    key: bytes.toString('utf8', keySpan.start, keySpan.end),
    question: questionOf(bytes.subarray(value.start, value.end)),
  }));
}

function questionOf(entry: Buffer): Message {
  if (entry[0] !== BRACE) throw new SyntaxError('an input request is no object');
  const envelope = replaceMembers(entry, { start: 0, end: entry.length }, ['jsonrpc', 'id'], '"jsonrpc":"2.0","id":0');
  const question = scanned(splice(entry, envelope));
  if (question.kind !== 'request' || !QUESTIONS.has(question.method)) throw new SyntaxError('no such input request');
  if (!question.params && question.method !== 'roots/list') throw new SyntaxError('an input request without params');
  return question;
}

function stringText(bytes: Buffer, span: Span): string {
  if (bytes[span.start] !== QUOTE) throw new SyntaxError('requestState is no string');
  readString(bytes, span);
  return bytes.toString('utf8', span.start, span.end);
}

/** What a request made again brings; all of it JSON text. */
export interface Input {
  readonly responses: readonly (readonly [key: string, result: string])[];
  readonly state: string | undefined;
}

const KEYS = ['inputResponses', 'requestState'];

/** The request with this input and no other: what a client of an older revision puts there means nothing. */
export function withInput(request: Message, input?: Input): Message {
  const { bytes, params } = request;
  if (!params) return request;
  const edits = replaceMembers(bytes, params.self, KEYS, input ? membersFor(input) : '');
  return input || edits.length > 1 ? scanned(splice(bytes, edits)) : request;
}

function membersFor({ responses, state }: Input): string {
  const members: string[] = [];
  if (responses.length > 0) members.push(`"inputResponses":{${responses.map((pair) => pair.join(':')).join(',')}}`);
  if (state !== undefined) members.push(`"requestState":${state}`);
  return members.join(',');
}

function scanned(bytes: Buffer): Message {
  const scan = scanAnswer(bytes, { depthMax: DEPTH_MAX });
  if (!scan.ok) throw new SyntaxError(scan.why);
  return scan.message;
}
