/*
 * What a POST to an endpoint gets back: one JSON message, or a stream of them of which the last is the answer.
 */
import type { IncomingMessage } from 'node:http';
import type { Message } from '../model/message.ts';
import { scanAnswer } from '../wire/json/scan-answer.ts';
import { SseReader } from '../wire/sse/reader.ts';
import { ConversationLost, type Hooks, type Result, RpcFailure } from './conversation.ts';
import { ANSWER_BYTES_MAX, bodyOf } from './exchange.ts';
import { isObject, numberAt, objectAt, textAt } from './json.ts';

const DEPTH_MAX = 512;

/** Gives the answer; `onMessage` is told of all that came before it. Undefined when there was none. */
export async function readAnswer(
  response: IncomingMessage,
  onMessage: (message: Message) => void,
): Promise<Message | undefined> {
  let answer: Message | undefined;
  const take = (bytes: Buffer) => {
    const scan = scanAnswer(bytes, { depthMax: DEPTH_MAX });
    if (!scan.ok) throw new ConversationLost(`The gateway sent something that is no MCP message: ${scan.why}.`);
    if (scan.message.kind === 'result' || scan.message.kind === 'error') answer = scan.message;
    else onMessage(scan.message);
  };
  await readMessages(response, take);
  return answer;
}

/** All messages of the body as bytes, be it JSON or an event stream; more is read only when `room` resolves. */
export async function readMessages(
  response: IncomingMessage,
  take: (bytes: Buffer) => void,
  room: () => Promise<void> | undefined = () => undefined,
): Promise<void> {
  if (isEventStream(response)) return readEvents(response, take, room);
  const body = await bodyOf(response);
  if (body.length > 0) take(body);
}

export function isEventStream({ headers }: IncomingMessage): boolean {
  return headers['content-type']?.startsWith('text/event-stream') === true;
}

async function readEvents(
  response: IncomingMessage,
  take: (bytes: Buffer) => void,
  room: () => Promise<void> | undefined,
): Promise<void> {
  const reader = new SseReader({
    eventBytesMax: ANSWER_BYTES_MAX,
    lineBytesMax: ANSWER_BYTES_MAX,
    // The first event of a stream may be empty (2025-11-25, Streamable HTTP › Resumability).
    onEvent: ({ data }) => data.length > 0 && take(data),
  });
  for await (const chunk of response as AsyncIterable<Buffer>) {
    reader.push(chunk);
    await room();
  }
}

/** Throws what the answer says went wrong. */
export function resultOf(answer: Message | undefined): Result {
  if (!answer?.outcome) throw new ConversationLost('The gateway went away before it answered.');
  const text = answer.bytes.toString('utf8', answer.outcome.start, answer.outcome.end);
  const value = parsed(text);
  if (answer.kind === 'error')
    throw new RpcFailure(
      numberAt(value, 'code') ?? 0,
      textAt(value, 'message') ?? 'no reason given',
      isObject(value) ? value.data : undefined,
    );
  return { value: isObject(value) ? value : {}, text };
}

/** Tells the hooks of a notification that belongs to a call. */
export function hear(message: Message, hooks: Hooks): void {
  const params = objectAt(parsed(message.bytes.toString('utf8')), 'params');
  if (message.method === 'notifications/progress') {
    const [progress = 0, total] = [numberAt(params, 'progress'), numberAt(params, 'total')];
    hooks.onProgress?.({ progress, total, message: textAt(params, 'message') });
  }
  if (message.method === 'notifications/message') {
    const [level = 'info', logger] = [textAt(params, 'level'), textAt(params, 'logger')];
    hooks.onLog?.({ level, logger, data: params.data });
  }
}

/** What a server wrote is passed on byte for byte, so it may be wrong inside. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ConversationLost('The server sent something that is not valid JSON.');
  }
}
