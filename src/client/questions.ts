/*
 * A server's question, put to the person when there is one, and declined in every other case.
 */
import type { Hooks } from './conversation.ts';
import { type JsonObject, objectAt, textAt } from './json.ts';

/** The result of the question's request. */
export async function answerQuestion(question: JsonObject, hooks: Hooks): Promise<JsonObject> {
  const params = objectAt(question, 'params');
  // What else a server could ask for (an address to be opened, a model's words, folders) was never offered to it.
  const isForm = question.method === 'elicitation/create' && (params.mode ?? 'form') === 'form';
  if (!isForm || !hooks.onQuestion) return { action: 'decline' };
  const requestedSchema = objectAt(params, 'requestedSchema');
  return { ...(await hooks.onQuestion({ message: textAt(params, 'message') ?? '', requestedSchema })) };
}
