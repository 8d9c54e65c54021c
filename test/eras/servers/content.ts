/*
 * What a server of the matrix offers: lists and answers, as its revision can express them.
 */
import type { JsonObject, Revision } from '../../rig/scripted-script.ts';
import { CHANGING_URI, PANEL_MIME, PANEL_URI, TEXT_URI } from './names.ts';
import type { State } from './state.ts';
import { toolsOf } from './tools.ts';
import { Refusal, type Turn } from './turn.ts';

export const CAPABILITIES = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  completions: {},
  logging: {},
};

const PROMPTS = [
  {
    name: 'greet',
    description: 'A greeting.',
    arguments: [{ name: 'who', description: 'Whom', required: true }],
  },
  { name: 'plain', description: 'No arguments.' },
];

const RESOURCES = [
  { uri: TEXT_URI, name: 'text', mimeType: 'text/plain' },
  { uri: CHANGING_URI, name: 'changing', mimeType: 'text/plain' },
];

const TEMPLATES = [{ uriTemplate: 'era://item/{id}', name: 'item', mimeType: 'text/plain' }];

/** Answers any request but the opening ones and subscriptions. */
export async function answer(turn: Turn, state: State, revision: Revision): Promise<JsonObject> {
  const handler = HANDLERS[turn.method];
  if (!handler) throw new Refusal(-32601, `No method ${turn.method}`);
  return handler(turn, state, revision);
}

export const METHODS = [
  'tools/list',
  'tools/call',
  'prompts/list',
  'prompts/get',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'completion/complete',
] as const;

type Handler = (turn: Turn, state: State, revision: Revision) => JsonObject | Promise<JsonObject>;

const HANDLERS: Readonly<Record<string, Handler>> = {
  'tools/list': (_, state, revision) => ({
    tools: [
      ...toolsOf(revision).map(({ entry }) => entry),
      ...state.added('tools', { inputSchema: { type: 'object' } }),
    ],
  }),
  'tools/call': callTool,
  'prompts/list': ({ params }, state) => promptsPage(params.cursor, state),
  'prompts/get': getPrompt,
  'resources/list': (_, state) => ({
    resources: [...RESOURCES, ...state.added('resources', { uri: 'era://added', mimeType: 'text/plain' })],
  }),
  'resources/templates/list': () => ({ resourceTemplates: TEMPLATES }),
  'resources/read': readResource,
  'completion/complete': ({ params }) => {
    const { argument } = params as { argument: { value: string } };
    return { completion: { values: [`${argument.value}-completed`], total: 1, hasMore: false } };
  },
};

async function callTool(turn: Turn, state: State, revision: Revision): Promise<JsonObject> {
  const tool = toolsOf(revision).find(({ entry }) => entry.name === turn.params.name);
  if (!tool) throw new Refusal(-32602, `Unknown tool: ${turn.params.name}`);
  return tool.run(turn, (turn.params.arguments ?? {}) as JsonObject, state);
}

/** Two pages: the cursor between them is the empty string, which is a cursor like any other (Pagination). */
function promptsPage(cursor: unknown, state: State): JsonObject {
  if (cursor === undefined) return { prompts: PROMPTS.slice(0, 1), nextCursor: '' };
  if (cursor !== '') throw new Refusal(-32602, 'Unknown cursor');
  return { prompts: [...PROMPTS.slice(1), ...state.added('prompts', {})] };
}

function getPrompt({ params }: Turn): JsonObject {
  const { name, arguments: given } = params as { name: string; arguments?: { who?: string } };
  if (!PROMPTS.some((prompt) => prompt.name === name)) throw new Refusal(-32602, `Unknown prompt: ${name}`);
  const content = { type: 'text', text: name === 'greet' ? `Hello, ${given?.who}!` : 'plain' };
  return { description: `The prompt ${name}`, messages: [{ role: 'user', content }] };
}

function readResource({ params, modern }: Turn): JsonObject {
  const uri = String(params.uri);
  if (uri === PANEL_URI) {
    const meta = { ui: { prefersBorder: true } };
    return { contents: [{ uri, mimeType: PANEL_MIME, text: '<p>panel</p>', _meta: meta }] };
  }
  const known = RESOURCES.some((each) => each.uri === uri) || /^era:\/\/item\/[^/]+$/.test(uri);
  if (!known) throw new Refusal(modern ? -32602 : -32002, 'Resource not found', { uri });
  return { contents: [{ uri, mimeType: 'text/plain', text: `content of ${uri}` }] };
}
