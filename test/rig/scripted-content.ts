/*
 * What a scripted server offers: tools, prompts, resources, templates, as lists with pages.
 */
import type { JsonObject, ScriptedTool } from './scripted-script.ts';

function tool(name: string, description: string, properties: JsonObject = {}): ScriptedTool {
  return { name, description, inputSchema: { type: 'object', properties } };
}

/** `scripted-tools.ts` says what they do. */
export const TOOLS: readonly ScriptedTool[] = [
  tool('echo', 'Returns its arguments.'),
  tool('slow', 'Answers after ms milliseconds.', { ms: { type: 'number' } }),
  tool('progress', 'Sends progress so many times.', { steps: { type: 'number' }, everyMs: { type: 'number' } }),
  tool('log', 'Sends log messages.', { count: { type: 'number' }, level: { type: 'string' } }),
  tool('tagged', 'Sends progress, log lines and a result that all carry its tag.', {
    tag: { type: 'string' },
    ms: { type: 'number' },
  }),
  tool('ask', 'Asks the user a question.', { message: { type: 'string' } }),
  tool('sample', 'Asks for a completion of a model, of this content or of a text.', { content: {} }),
  tool('roots', 'Asks for the roots.'),
  tool('interview', 'Asks in the rounds that it is given.', { rounds: { type: 'array' } }),
  tool('offered', 'Tells which capabilities the client has offered.'),
  tool('fail', 'Always fails, in words.'),
  tool('big', 'Returns a text of so many bytes.', { bytes: { type: 'number' } }),
  tool('change', 'Adds a tool and tells of it.'),
  tool('count', 'Writes a line with its id into a file, then answers.', { file: {}, id: {}, ms: { type: 'number' } }),
  tool('touch', 'Says that a resource has changed.', { uri: { type: 'string' } }),
];

export const PROMPTS: readonly JsonObject[] = [
  { name: 'greet', description: 'A greeting.', arguments: [{ name: 'who', required: true }] },
  { name: 'plain', description: 'No arguments.' },
];

export const RESOURCES: readonly JsonObject[] = [
  { uri: 'scripted://text', name: 'text', mimeType: 'text/plain' },
  { uri: 'scripted://binary', name: 'binary', mimeType: 'application/octet-stream' },
  { uri: 'scripted://changing', name: 'changing', mimeType: 'text/plain' },
];

export const TEMPLATES: readonly JsonObject[] = [
  { uriTemplate: 'scripted://item/{id}', name: 'item', mimeType: 'text/plain' },
];

/** One page of a list; undefined when the cursor was never given out. */
export function pageOf(
  key: string,
  all: readonly unknown[],
  cursor: unknown,
  size = all.length,
): JsonObject | undefined {
  const start = cursor === undefined ? 0 : Number(/^page-at-(\d+)$/.exec(String(cursor))?.[1] ?? Number.NaN);
  if (!(start >= 0 && start <= all.length)) return undefined;
  const end = start + Math.max(1, size);
  return { [key]: all.slice(start, end), ...(end < all.length ? { nextCursor: `page-at-${end}` } : {}) };
}

/** The content of a resource; undefined when there is none. */
export function contentOf(uri: unknown): JsonObject | undefined {
  const text = String(uri);
  if (text === 'scripted://binary') return { uri, mimeType: 'application/octet-stream', blob: 'AAEC/w==' };
  if (!/^scripted:\/\/(text|changing|item\/[^/]+)$/.test(text)) return undefined;
  return { uri, mimeType: 'text/plain', text: `content of ${text}` };
}
