/*
 * What a client's request brings as answers to questions: each checked for the shape that its question demands, and as
 * the server that asked by request reads it. What nobody asked for is ignored, and what is missing is asked for again
 * (2026-07-28, MRTR › Error Handling).
 */
import { GatewayError } from '../../model/errors.ts';
import type { Message, Span } from '../../model/message.ts';
import { isText, memberOf } from '../../wire/json/members.ts';
import { scanAnswer } from '../../wire/json/scan-answer.ts';
import { inputResponses } from '../../wire/to-input-required.ts';

const DEPTH_MAX = 1024;
const QUOTE = 0x22;
const BRACE = 0x7b;
const BRACKET = 0x5b;

/** As answers with a stand-in for an id, by the key of their question. Throws `params_invalid`. */
export function givenAnswers(request: Message, asked: ReadonlyMap<string, string>): ReadonlyMap<string, Message> {
  const entries = inputResponses(request);
  if (!entries) throw invalid('params.inputResponses must be an object.');
  const answers = new Map<string, Message>();
  for (const [key, method] of asked) {
    const entry = entries.get(key);
    if (!entry) continue;
    const fault = faultOf(method, request.bytes, entry);
    if (fault !== undefined) throw invalid(`params.inputResponses.${key} ${fault}.`);
    answers.set(key, resultOf(request.bytes, entry));
  }
  return answers;
}

/** Whether the answer to an elicitation says yes. */
export function isAccepted({ bytes, outcome }: Message): boolean {
  const action = outcome && memberOf(bytes, outcome, 'action')?.value;
  return action !== undefined && isText(bytes, action, 'accept');
}

function faultOf(method: string, bytes: Buffer, entry: Span): string | undefined {
  if (bytes[entry.start] !== BRACE) return 'must be an object';
  const startOf = (key: string) => {
    const value = memberOf(bytes, entry, key)?.value;
    return value && bytes[value.start];
  };
  if (method === 'roots/list') return startOf('roots') === BRACKET ? undefined : 'must have a list roots';
  if (method === 'elicitation/create') return hasAction(bytes, entry) ? undefined : `must have an action: ${ACTIONS}`;
  const isSaid = startOf('role') === QUOTE && startOf('model') === QUOTE && startOf('content') !== undefined;
  return isSaid ? undefined : 'must have role, content and model';
}

const ACTIONS = 'accept, decline or cancel';

function hasAction(bytes: Buffer, entry: Span): boolean {
  const action = memberOf(bytes, entry, 'action')?.value;
  if (!action || bytes[action.start] !== QUOTE) return false;
  return ['accept', 'decline', 'cancel'].some((one) => isText(bytes, action, one));
}

function resultOf(bytes: Buffer, entry: Span): Message {
  const result = bytes.subarray(entry.start, entry.end);
  const whole = Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":0,"result":'), result, Buffer.from('}')]);
  const scan = scanAnswer(whole, { depthMax: DEPTH_MAX });
  if (!scan.ok) throw new GatewayError('internal', { internal: { why: scan.why } });
  return scan.message;
}

function invalid(say: string): GatewayError {
  return new GatewayError('params_invalid', { say });
}
