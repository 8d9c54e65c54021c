/*
 * Revision 2025-11-25, and what it shares with its elders: a session opens with `initialize`, either side may send
 * requests, and what is known about the client stands in the session, not in the message.
 */
import { ERRORS, type ErrorCode } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import {
  type About,
  type AnswerSource,
  type Codec,
  errorCodeEdits,
  META,
  notificationText,
  REQUEST_META,
} from '../codec.ts';
import { memberOf } from '../json/members.ts';
import { type Edit, removeMembers } from '../json/splice.ts';
import { contentEdits, type Reads } from '../output-content.ts';

/** In-band answers of the older revisions come with 200; only framing and sessions have a status of their own. */
function statusOf(code: ErrorCode): number {
  return code === 'method_unknown' ? 200 : ERRORS[code].http;
}

/** A request that describes itself loses what an older server would not understand. */
function requestEdits({ bytes, params }: Message): readonly Edit[] {
  if (!params) return NOTHING;
  const edits = params.meta ? removeMembers(bytes, params.meta, REQUEST_META) : [];
  if (!params.inputResponses && !params.requestState) return edits;
  edits.push(...removeMembers(bytes, params.self, ['inputResponses', 'requestState']));
  return edits.sort((a, b) => a.start - b.start);
}
const NOTHING: readonly Edit[] = [];

/** `resultType` and the cache fields are of 2026-07-28; an older client gets the result without them. */
export function answerEditsFor(reads: Reads): Codec['answerEdits'] {
  return function answerEdits(answer, method, from) {
    const { bytes, outcome } = answer;
    if (from.codec.era === 'legacy' || !outcome) return NOTHING;
    if (answer.kind === 'error') return errorCodeEdits(answer, isNotFound(answer, method) ? NOT_FOUND : HOP_ERRORS);
    const edits = [...removeMembers(bytes, outcome, ['resultType', 'ttlMs', 'cacheScope'])];
    const meta = memberOf(bytes, outcome, '_meta')?.value;
    if (meta && bytes[meta.start] === 0x7b) edits.push(...removeMembers(bytes, meta, [`${META}serverInfo`]));
    if (method === 'tools/call') edits.push(...contentEdits(answer, from.outputWrapped, reads));
    // What is put where something is taken away comes first.
    return edits.sort((a, b) => a.start - b.start || a.end - b.end);
  };
}

function ownResult(members: string, about: About): string {
  if (about.meta === undefined) return `{${members}}`;
  return `{${members}${members === '' ? '' : ','}"_meta":{${about.meta}}}`;
}

/**
 * Disagreements between the gateway and a newer server mean nothing to an older client.
 */
const HOP_ERRORS = new Map([
  [-32020, -32603],
  [-32021, -32603],
  [-32022, -32603],
]);

const NOT_FOUND = new Map([[-32602, -32002]]);

/**
 * Until 2026-07-28 a resource that does not exist is -32002. The newer code means bad parameters as well, and is told
 * apart by the URI in its data (SEP-2164).
 */
function isNotFound({ bytes, outcome }: Message, method: string): boolean {
  const data = method === 'resources/read' && outcome ? memberOf(bytes, outcome, 'data')?.value : undefined;
  return data !== undefined && bytes[data.start] === 0x7b && memberOf(bytes, data, 'uri') !== undefined;
}

/** Since 2026-07-28 a result may be of another type than one that says how the request ended. */
function unreadable(answer: Message, from: AnswerSource): string | undefined {
  if (from.codec.era === 'legacy' || answer.kind !== 'result' || !answer.outcome) return undefined;
  const type = memberOf(answer.bytes, answer.outcome, 'resultType')?.value;
  const text = type && answer.bytes.toString('utf8', type.start, type.end);
  return text === '"complete"' ? undefined : text;
}

function cancelNotice(id: number): Buffer {
  return Buffer.from(notificationText('notifications/cancelled', `{"requestId":${id}}`));
}

export const codec20251125: Codec = {
  revision: '2025-11-25',
  era: 'legacy',
  asks: 'requests',
  outputs: 'objects',
  cacheHints: false,
  requests: new Set([
    'initialize',
    'ping',
    'tools/list',
    'tools/call',
    'prompts/list',
    'prompts/get',
    'resources/list',
    'resources/templates/list',
    'resources/read',
    'resources/subscribe',
    'resources/unsubscribe',
    'completion/complete',
    'logging/setLevel',
  ]),
  notifications: new Set([
    'notifications/initialized',
    'notifications/cancelled',
    'notifications/progress',
    'notifications/roots/list_changed',
  ]),
  questions: new Set(['elicitation/create', 'sampling/createMessage', 'roots/list', 'ping']),
  askable: { elicitation: ['form', 'url'], sampling: ['context', 'tools'], roots: ['listChanged'] },
  batches: false,
  mirrorsParams: false,
  disconnectCancels: false,
  // A 404 would tell the client that its session is gone.
  errorStatus: () => 200,
  statusOf,
  requestEdits,
  requestHeaders: () => NO_HEADERS,
  answerEdits: answerEditsFor('objects'),
  ownResult,
  unreadable,
  cancelNotice,
};
const NO_HEADERS: readonly string[] = [];
