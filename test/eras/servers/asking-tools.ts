/*
 * The tools that need something of the client's user before they can answer.
 */
import type { JsonObject } from '../../rig/scripted-script.ts';
import type { EraTool } from './tools.ts';
import { type Questions, Refusal } from './turn.ts';

const FORM = {
  method: 'elicitation/create',
  params: {
    message: 'Who are you?',
    requestedSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  },
};
const MODEL = {
  method: 'sampling/createMessage',
  params: { messages: [{ role: 'user', content: { type: 'text', text: 'Say something.' } }], maxTokens: 16 },
};
const ROOTS = { method: 'roots/list', params: {} };
const PAGE = { mode: 'url', message: 'Please sign in.', url: 'https://example.com/sign-in' };

/** Asks in turns: each inner list is put together. */
function asking(name: string, rounds: readonly Questions[], more: Partial<EraTool> = {}): EraTool {
  const entry = { name, description: `The tool ${name}`, inputSchema: { type: 'object' } };
  return {
    entry,
    run: async ({ ask }) => {
      const answers: Record<string, unknown> = {};
      for (const questions of rounds) Object.assign(answers, await ask(questions));
      return { content: [{ type: 'text', text: JSON.stringify(answers) }] };
    },
    ...more,
  };
}

/** Older servers name the elicitation, newer ones must not (2026-07-28, Elicitation). */
const page = (id?: string): Questions => ({
  page: { method: 'elicitation/create', params: { ...PAGE, ...(id === undefined ? {} : { elicitationId: id }) } },
});

const signedIn = new Set<string>();

export const askingTools: readonly EraTool[] = [
  asking('ask-form', [{ form: FORM }], { since: '2025-06-18' }),
  asking('ask-url', [page('sign-in-1')], { since: '2025-11-25', until: '2025-11-25' }),
  asking('ask-url', [page()], { since: '2026-07-28' }),
  asking('ask-model', [{ model: MODEL }]),
  asking('ask-roots', [{ roots: ROOTS }]),
  asking('ask-both', [{ model: MODEL, roots: ROOTS }]),
  asking('ask-twice', [{ roots: ROOTS }, { model: MODEL }]),
  {
    entry: { name: 'needs-page', description: 'Refuses until a page was visited', inputSchema: { type: 'object' } },
    run: (_, input) => afterPage(input),
    since: '2025-11-25',
    until: '2025-11-25',
  },
];

/** Refused the first time with what must be done (-32042, 2025-11-25), then done. */
function afterPage({ key }: JsonObject): JsonObject {
  const id = String(key);
  if (signedIn.delete(id)) return { content: [{ type: 'text', text: 'visited' }] };
  signedIn.add(id);
  throw new Refusal(-32042, 'Please sign in first', { elicitations: [{ ...PAGE, elicitationId: id }] });
}
