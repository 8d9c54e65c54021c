/*
 * A server's answer as the client gets it: the client's own id, what the client's revision adds or does not know, and
 * every other byte as the server wrote it.
 */

import type { Call, PermittedCall } from '../../model/call.ts';
import { ERRORS, GatewayError } from '../../model/errors.ts';
import type { Message, RequestId } from '../../model/message.ts';
import type { Reply } from '../../model/reply.ts';
import { type Codec, jsonRpcError, jsonRpcFailure, jsonRpcResult, jsonRpcResultOf, sameEra } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import { membersOf } from '../../wire/json/members.ts';
import { type Edit, splice } from '../../wire/json/splice.ts';
import { resourcesInAnswer } from '../../wire/named-resources.ts';
import { challengeFields } from '../auth/challenge.ts';
import { orInvalid, toClient } from '../policy/mapped.ts';
import type { Answer } from '../upstream/transport.ts';

const NONE: readonly string[] = [];
const NO_EDITS: readonly Edit[] = [];

/** JSON text of the call's id. */
export function idText(message: Message): string {
  return message.idSpan ? message.bytes.toString('utf8', message.idSpan.start, message.idSpan.end) : 'null';
}

/** `more`: what is to be cut in beside, for reasons that are not those of a revision. */
export function encodeAnswer(
  call: PermittedCall,
  answer: Answer,
  server: Codec,
  serverInfo: string,
  more: readonly Edit[] = NO_EDITS,
): Reply {
  const client = codecOf(call.revision);
  const { message } = answer;
  const from = { codec: server, serverInfo, outputWrapped: call.target?.outputWrapped === true };
  const unreadable = client.unreadable(message, from);
  if (unreadable !== undefined) throw cannotRead(call, unreadable, server);
  const edits: Edit[] = [...client.answerEdits(message, call.message.method, from), ...more];
  edits.push(...orInvalid(() => toClient(call, message.bytes, () => resourcesInAnswer(message, call.message.method))));
  if (call.permit.filtered && client.cacheHints && server.cacheHints) edits.push(...privateEdits(message));
  edits.push(withId(message, idText(call.message)));
  if (edits.length > 1) edits.sort((a, b) => a.start - b.start);
  return { status: statusOf(answer, client, server), body: splice(message.bytes, edits), headers: NONE };
}

function cannotRead(call: PermittedCall, type: string, { revision }: Codec): GatewayError {
  const eras = { method: call.message.method, client: call.revision, server: revision };
  const shown = type.length > TYPE_LENGTH_MAX ? `${type.slice(0, TYPE_LENGTH_MAX)}…` : type;
  return new GatewayError('era_unbridged', {
    say: `The ${revision} server answered ${eras.method} with a ${shown} result, which ${call.revision} does not have.`,
    data: eras,
  });
}
const TYPE_LENGTH_MAX = 64;

/** What a server would show to everybody is this caller's alone where a filter decides what callers see (Caching). */
function privateEdits({ bytes, outcome, kind }: Message): readonly Edit[] {
  if (kind !== 'result' || !outcome) return [];
  const scopes = membersOf(bytes, outcome).filter(({ key }) => key === 'cacheScope');
  return scopes.map(({ value }) => ({ ...value, put: '"private"' }));
}

/** An error that came without an id gets the client's: which call it answers is certain, for it came on its stream. */
function withId(message: Message, id: string): Edit {
  if (message.idSpan) return { ...message.idSpan, put: id };
  const open = message.bytes.indexOf(0x7b) + 1;
  return { start: open, end: open, put: `"id":${id},` };
}

/** Within an era a server's error has the status that the era gives it; across eras an error is an ordinary one. */
function statusOf(answer: Answer, client: Codec, server: Codec): number {
  if (answer.message.kind !== 'error' || !sameEra(client, server)) return 200;
  return client.errorStatus(answer.message, answer.status);
}

/** A result of our own. */
export function ownReply(call: Call, result: string | readonly Buffer[], headers: readonly string[] = NONE): Reply {
  const id = idText(call.message);
  return {
    status: 200,
    body: typeof result === 'string' ? jsonRpcResult(id, result) : jsonRpcResultOf(id, result),
    headers,
  };
}

/** JSON text of the gateway's `Implementation` where no server's is known. */
export const UNKNOWN_INFO = '{"name":"gatewright","version":"0"}';

/**
 * A failure as its client gets it. Run-time failures of a tool call are results with `isError`, in every revision, so
 * that a model can read them; everything else is a JSON-RPC error.
 */
export function errorReply(call: Call, error: GatewayError): Reply {
  const codec = codecOf(call.revision);
  const shape = ERRORS[error.code];
  const status = codec.statusOf(error.code);
  const id = idText(call.message);
  if ('isError' in shape && call.message.method === 'tools/call') {
    const meta = `"io.gatewright/error":${JSON.stringify({ code: shape.rpc, name: error.code })}`;
    const content = `"content":[{"type":"text","text":${JSON.stringify(error.message)}}],"isError":true`;
    return ownReply(call, codec.ownResult(content, { serverInfo: UNKNOWN_INFO, meta }));
  }
  return { status, body: jsonRpcError(id, errorObject(error)), headers: headersOf(call, error) };
}

function headersOf({ verdict, endpoint }: Call, error: GatewayError): readonly string[] {
  const metadataUrl = 'refused' in verdict ? undefined : verdict.metadataUrl?.(endpoint);
  return [...challengeFields(error, metadataUrl), ...retryHeaders(error)];
}

/** A failure before the call could enter the pipeline; `id` when the request's was read. */
export function failureReply(error: GatewayError, id: RequestId | undefined): Reply {
  const object = errorObject(error);
  const body = id === undefined ? jsonRpcFailure(object) : jsonRpcError(JSON.stringify(id), object);
  return { status: ERRORS[error.code].http, body, headers: retryHeaders(error) };
}

export function errorObject(error: GatewayError): { code: number; message: string; data?: unknown } {
  const { rpc } = ERRORS[error.code];
  return error.data === undefined
    ? { code: rpc, message: error.message }
    : { code: rpc, message: error.message, data: error.data };
}

/** RFC 9110 §10.2.3. */
export function retryHeaders(error: GatewayError): readonly string[] {
  if (error.retryAfterSeconds !== undefined) return ['retry-after', String(error.retryAfterSeconds)];
  return NONE;
}
