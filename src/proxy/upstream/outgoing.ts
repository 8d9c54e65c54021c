/*
 * A client's request as the server gets it: our id, the server's own name, our progress token, and the `_meta` and header
 * fields of the server's revision. Everything else is the client's bytes.
 */
import type { MeteredCall } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message, Span } from '../../model/message.ts';
import { type Codec, sameEra } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import { memberOf } from '../../wire/json/members.ts';
import { scanAnswer } from '../../wire/json/scan-answer.ts';
import { type Edit, splice } from '../../wire/json/splice.ts';
import { resourcesInResponses } from '../../wire/named-resources.ts';
import { namedTask, TASK_METHODS } from '../../wire/task-ids.ts';
import { toServer } from '../policy/mapped.ts';
import { referenceOf } from '../policy/named.ts';
import type { Link } from './link.ts';

/** A call as it goes over a link. */
export type LinkCall = MeteredCall & {
  /** What its server wants beside the header fields of its revision. */
  readonly serverHeaders: readonly string[];
  /** JSON text of the state that the server gave, for the one that the client carries. */
  readonly serverState?: string;
  /** Of a call that may wait for another request of its client. */
  readonly parking?: Parking;
  /** Another link of the same caller, for a call that would have to wait for a parked one; undefined when there is no room. */
  readonly beside?: () => Link | undefined;
};

/** A call whose client comes and goes while the server works on it. */
export interface Parking {
  readonly isParked: boolean;
  /** Set by the link on which the call has the turn. */
  onParked: (() => void) | undefined;
  /** JSON text of the token that the client's newest request has; undefined when it wants no progress, or is away. */
  readonly progressToken: string | undefined;
}

export interface Outgoing {
  readonly bytes: Buffer;
  readonly headers: readonly string[];
  /** JSON text of the client's own token; undefined when it wants no progress. */
  readonly progressToken: string | undefined;
}

export function outgoing(call: LinkCall, id: number, codec: Codec): Outgoing {
  const message = enveloped(call, codec);
  const edits: Edit[] = [];
  if (message.idSpan) edits.push({ ...message.idSpan, put: String(id) });
  const token = progressTokenOf(message);
  if (token) edits.push({ ...token, put: String(id) });
  const state = call.serverState === undefined ? undefined : message.params?.requestState;
  if (state) edits.push({ ...state, put: call.serverState ?? '' });
  const isTransparent = call.endpointDefinition.naming === 'transparent';
  // A task has an id of ours wherever its client is.
  const name = isTransparent && !TASK_METHODS.has(message.method) ? undefined : nameSpanOf(message);
  if (call.target && name) edits.push({ ...name, put: JSON.stringify(call.target.key) });
  if (call.target && !isTransparent) {
    edits.push(...toServer(call, message.bytes, () => resourcesInResponses(message)));
  }
  if (edits.length > 1) edits.sort(byStart);
  return {
    bytes: splice(message.bytes, edits),
    headers: headersOf(call, codec),
    progressToken: token && message.bytes.toString('utf8', token.start, token.end),
  };
}

function byStart(a: Edit, b: Edit): number {
  return a.start - b.start;
}

function headersOf(call: LinkCall, codec: Codec): readonly string[] {
  const { method } = call.message;
  const mirrored = codec.requestHeaders(method, HEADER_NAMED.has(method) ? call.target?.key : undefined);
  return call.serverHeaders.length === 0 ? mirrored : [...mirrored, ...call.serverHeaders];
}
/** The methods whose name or URI a header mirrors (2026-07-28, Streamable HTTP › Request Metadata). */
const HEADER_NAMED = new Set(['tools/call', 'prompts/get', 'resources/read', ...TASK_METHODS]);

/** Within one era nothing changes; across eras the cut message is looked at once more, for its spans have moved. */
function enveloped(call: LinkCall, codec: Codec): Message {
  if (sameEra(codecOf(call.revision), codec)) return call.message;
  const edits = codec.requestEdits(call.message, call.client);
  if (edits.length === 0) return call.message;
  const scan = scanAnswer(splice(call.message.bytes, edits), { depthMax: 256 });
  if (!scan.ok) throw new GatewayError('internal', { internal: { why: scan.why } });
  return scan.message;
}

export function progressTokenOf(message: Message): Span | undefined {
  const meta = message.params?.meta;
  if (!meta || message.bytes[meta.start] !== 0x7b) return undefined;
  return memberOf(message.bytes, meta, 'progressToken')?.value;
}

function nameSpanOf(message: Message): Span | undefined {
  switch (message.method) {
    case 'tools/call':
    case 'prompts/get':
      return message.params?.name;
    case 'resources/read':
      return message.params?.uri;
    case 'completion/complete':
      return referenceOf(message)?.span;
    case 'tasks/get':
    case 'tasks/update':
    case 'tasks/cancel':
      return namedTask(message);
    default:
      return undefined;
  }
}
