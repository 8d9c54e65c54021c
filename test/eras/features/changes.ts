/*
 * What a server tells of by itself: its lists and its resources have changed.
 */
import assert from 'node:assert/strict';
import type { Cell, Feature } from '../feature.ts';
import { CHANGING_URI, TEXT_URI } from '../servers/names.ts';
import type { ListKind } from '../servers/state.ts';

const group = 'changes';

/** The client is told, and what it then lists is new. */
function changed(kind: ListKind): Feature {
  return {
    name: `${kind}-changed`,
    says: `a change of the list of ${kind} is told, and the list is then new`,
    group,
    run: async (cell) => {
      await cell.it.watch({ lists: true });
      const from = cell.it.heard.length;
      const there = (await cell.said('change', { kind })) === 'added';
      await cell.it.until(({ method }) => method === `notifications/${kind}/list_changed`, from);
      const entries = await cell.list(`${kind}/list`, kind);
      const key = kind === 'resources' ? 'uri' : 'name';
      const wanted = kind === 'resources' ? cell.uri('era://added') : cell.name('added');
      assert.equal(
        entries.some((entry) => entry[key] === wanted),
        there,
      );
    },
  };
}

async function updated(cell: Cell, own: string, from: number): Promise<void> {
  const uri = cell.uri(own);
  await cell.it.until(({ method, params }) => {
    return method === 'notifications/resources/updated' && params.uri === uri;
  }, from);
}

export const CHANGES: readonly Feature[] = [
  changed('tools'),
  changed('prompts'),
  changed('resources'),
  {
    name: 'subscription',
    says: 'a change of a resource is told to those who watch it, and no other',
    group,
    run: async (cell) => {
      await cell.it.watch({ uris: [cell.uri(CHANGING_URI)] });
      const from = cell.it.heard.length;
      await cell.said('touch', { uri: TEXT_URI });
      await cell.said('touch', { uri: CHANGING_URI });
      await updated(cell, CHANGING_URI, from);
      const others = cell.it.heard.slice(from).filter(({ params }) => params.uri === cell.uri(TEXT_URI));
      assert.deepEqual(others, []);
    },
  },
];
