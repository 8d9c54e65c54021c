/*
 * A server's question as its client reads it, and the client's answer as the server does: in an aggregate each of them
 * knows a resource by another URI.
 */
import type { MeteredCall } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { scanAnswer } from '../../wire/json/scan-answer.ts';
import { type Edit, splice } from '../../wire/json/splice.ts';
import { resourcesInQuestion, resourcesInSampled } from '../../wire/named-resources.ts';
import { toClient, toServer } from '../policy/mapped.ts';

const DEPTH_MAX = 1024;

/** Throws SyntaxError when the question is no JSON after all. */
export function questionFor(call: MeteredCall, question: Message): Message {
  const edits = toClient(call, question.bytes, () => resourcesInQuestion(question));
  if (edits.length === 0) return question;
  // Its spans have moved.
  const scan = scanAnswer(splice(question.bytes, edits), { depthMax: DEPTH_MAX });
  if (!scan.ok) throw new GatewayError('internal', { internal: { why: scan.why } });
  return scan.message;
}

/** `id` is the server's, as JSON text. */
export function answerFor(call: MeteredCall, question: Message, answer: Message, id: string): Buffer {
  const named = toServer(call, answer.bytes, () => resourcesInSampled(answer, question.method));
  const edits: Edit[] = [...named];
  if (answer.idSpan) edits.push({ ...answer.idSpan, put: id });
  return splice(
    answer.bytes,
    edits.sort((a, b) => a.start - b.start),
  );
}
