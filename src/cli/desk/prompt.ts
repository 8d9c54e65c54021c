/*
 * `gatewright prompts PROMPT key=value …`: one prompt, filled in. Every argument of a prompt is text.
 */
import { isObject, type JsonObject, listAt, objectAt, textAt } from '../../client/json.ts';
import { jsonTextLine, plain } from '../terminal.ts';
import { callInput } from './call-input.ts';
import type { Desk } from './desk.ts';
import { conversationWith, findEntry } from './entries.ts';
import type { Reached } from './reach.ts';
import { blockText } from './show-result.ts';
import { watched } from './watch.ts';

export async function getPrompt(desk: Desk, reached: Reached, word: string): Promise<void> {
  const { server, key, entry } = await findEntry(reached, 'prompts', word, desk.signal);
  const input = await callInput(desk.run.operands.slice(1), promptSchema(entry), desk.io);
  const params = { name: JSON.stringify(key), arguments: input.text };
  const request = { method: 'prompts/get', params, mirrored: { 'mcp-name': key } };
  const result = await watched(desk, key, server, (hooks) => conversationWith(reached, server).ask(request, hooks));
  if (desk.json) desk.io.out(jsonTextLine(result.text));
  else showMessages(desk, listAt(result.value, 'messages').filter(isObject));
}

function promptSchema(entry: JsonObject): JsonObject {
  const named = listAt(entry, 'arguments').filter(isObject);
  const properties = named.map((argument) => [
    textAt(argument, 'name') ?? '',
    { type: 'string', description: textAt(argument, 'description') },
  ]);
  const required = named.filter((argument) => argument.required === true).map((argument) => argument.name);
  return { type: 'object', properties: Object.fromEntries(properties), required, additionalProperties: false };
}

function showMessages({ io }: Desk, messages: readonly JsonObject[]): void {
  for (const message of messages) {
    io.out(`${plain(textAt(message, 'role') ?? '')}:\n${blockText(objectAt(message, 'content'))}`);
  }
}
