/*
 * JSON-RPC batches, which only revision 2025-03-26 knows (Base Protocol › Batching): each message is a call of its own
 * through the whole pipeline; the answers leave together.
 */
import type { Outlet } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Limits } from '../../model/limits.ts';
import type { Message } from '../../model/message.ts';
import { type Reply, wholeBody } from '../../model/reply.ts';
import { codecOf } from '../../wire/codecs.ts';
import { scanCall } from '../../wire/json/scan-call.ts';
import { splitBatch } from '../../wire/json/split-batch.ts';
import type { Session } from '../session/session.ts';
import type { HttpOutlet } from './http-outlet.ts';
import type { McpHttpDoor, Visit } from './mcp-http.ts';

export async function answerBatch(door: McpHttpDoor, visit: Visit, body: Buffer): Promise<void> {
  const session = batchSession(door, visit);
  const messages = messagesOf(body, door.parts.limits());
  const outlet = door.outletFor(visit, session);
  const replies = await Promise.all(messages.map((message) => answerOne(door, visit, { session, message, outlet })));
  const bodies = replies.flatMap((reply) => (reply?.body ? [wholeBody(reply.body)] : []));
  if (bodies.length === 0) {
    outlet.finish({ status: 202, body: undefined, headers: [] });
  } else if (visit.response.headersSent) {
    outlet.finishAll(bodies);
  } else {
    outlet.finish({ status: 200, body: arrayOf(bodies), headers: [] });
  }
}

function batchSession(door: McpHttpDoor, visit: Visit): Session {
  if (visit.request.headers['mcp-session-id'] === undefined) throw new GatewayError('batch_refused');
  const session = door.sessionOf(visit);
  if (!codecOf(session.revision).batches) throw new GatewayError('batch_refused');
  return session;
}

/** All or none: a batch with one bad message is refused whole, before any of it is done. */
export function messagesOf(body: Buffer, limits: Limits): Message[] {
  const bounds = { depthMax: limits.jsonDepthMax, keysMax: limits.jsonKeysMax };
  const split = splitBatch(body, { ...bounds, messagesMax: limits.batchMessagesMax });
  if (!split.ok) throw new GatewayError(split.code);
  return split.items.map((item) => {
    const scan = scanCall(item, bounds);
    if (!scan.ok) throw new GatewayError(scan.code === 'batch' ? 'request_invalid' : scan.code);
    if (scan.message.method === 'initialize') throw new GatewayError('request_invalid');
    return scan.message;
  });
}

interface One {
  readonly session: Session;
  readonly message: Message;
  readonly outlet: HttpOutlet & Outlet;
}

async function answerOne(door: McpHttpDoor, visit: Visit, one: One): Promise<Reply | undefined> {
  const { session, message, outlet } = one;
  if (message.kind !== 'request') {
    door.parts.notices.take(session, message);
    return undefined;
  }
  const told = { message, revision: session.revision, client: session.client, paramHeaders: [], session };
  return door.run(door.callOf(visit, told, outlet), session);
}

/** One answer to all of a batch. */
export function arrayOf(bodies: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  for (const body of bodies) parts.push(parts.length === 0 ? OPEN : COMMA, body);
  return Buffer.concat([...parts, CLOSE]);
}
const OPEN = Buffer.from('[');
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']');
