/*
 * Questions of a server in the middle of a call: each reaches the client in the way of its revision, and its answer the
 * tool.
 */
import assert from 'node:assert/strict';
import { type Cell, type Feature, textOf } from '../feature.ts';

const group = 'questions';

/** Calls the tool; gives what it was answered, and the questions that the client heard. */
async function asked(cell: Cell, tool: string, input = {}): Promise<[Record<string, unknown>, string[]]> {
  const from = cell.it.asked.length;
  const answered = JSON.parse(await cell.said(tool, input));
  return [answered, cell.it.asked.slice(from).map(({ method }) => method)];
}

const FORM = { action: 'accept', content: { name: 'Ada' } };
const ROOTS = { roots: [{ uri: 'file:///era', name: 'era' }] };

function modelled(answer: unknown): void {
  const { role, content } = answer as { role: unknown; content: unknown };
  assert.deepEqual([role, content], ['assistant', { type: 'text', text: 'modelled' }]);
}

export const QUESTIONS: readonly Feature[] = [
  {
    name: 'form',
    says: 'the user fills in a form',
    group,
    run: async (cell) => {
      const [{ form }, methods] = await asked(cell, 'ask-form');
      assert.deepEqual([form, methods], [FORM, ['elicitation/create']]);
    },
  },
  {
    name: 'url',
    says: 'the user is sent to a page',
    group,
    run: async (cell) => {
      const [{ page }, methods] = await asked(cell, 'ask-url');
      assert.deepEqual([(page as { action: unknown }).action, methods], ['accept', ['elicitation/create']]);
      const { mode, url } = cell.it.asked.at(-1)?.params ?? {};
      assert.deepEqual([mode, url], ['url', 'https://example.com/sign-in']);
    },
  },
  {
    name: 'url-error',
    says: 'the refusal that sends the user to a page (-32042) reaches older clients as it is, newer ones as a question',
    group,
    run: async (cell) => {
      const from = cell.it.asked.length;
      const key = cell.mark();
      const first = await cell.tool('needs-page', { key });
      if (cell.client.modern) {
        assert.equal(first.error?.message, undefined);
        assert.equal(cell.it.asked.length, from + 1);
        return assert.equal(textOf(first.result), 'visited');
      }
      assert.equal(first.error?.code, -32042, first.error?.message ?? 'no error');
      assert.equal(await cell.said('needs-page', { key }), 'visited');
    },
  },
  {
    name: 'sampling',
    says: 'the client’s model is asked',
    group,
    run: async (cell) => {
      const [{ model }, methods] = await asked(cell, 'ask-model');
      modelled(model);
      assert.deepEqual(methods, ['sampling/createMessage']);
    },
  },
  {
    name: 'roots',
    says: 'the client’s roots are asked for',
    group,
    run: async (cell) => {
      const [{ roots }, methods] = await asked(cell, 'ask-roots');
      assert.deepEqual([roots, methods], [ROOTS, ['roots/list']]);
    },
  },
  {
    name: 'both-at-once',
    says: 'two questions are put together and both answered',
    group,
    run: async (cell) => {
      const [{ roots, model }, methods] = await asked(cell, 'ask-both');
      assert.deepEqual(roots, ROOTS);
      modelled(model);
      assert.deepEqual(methods.toSorted(), ['roots/list', 'sampling/createMessage']);
    },
  },
  {
    name: 'one-after-another',
    says: 'a second question follows the answer to the first',
    group,
    run: async (cell) => {
      const [{ roots, model }, methods] = await asked(cell, 'ask-twice');
      assert.deepEqual(roots, ROOTS);
      modelled(model);
      assert.deepEqual(methods, ['roots/list', 'sampling/createMessage']);
    },
  },
];
