import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lists, madeList } from '../../../test/rig/made.ts';
import { Catalogues } from './catalogues.ts';

describe('the catalogue', () => {
  test('knows a server that nobody has heard of as starting, with nothing in it', () => {
    const { state, version, lists: empty, serverInfo } = new Catalogues().of('a"b');
    assert.deepEqual([state, version, empty.tools.entries], ['starting', 0, []]);
    assert.deepEqual(JSON.parse(serverInfo), { name: 'a"b', version: '0' });
  });
  test('keeps what is not changed, gives every change a higher version, and changes no object that was handed out', () => {
    const catalogues = new Catalogues();
    catalogues.put('a', { state: 'ready', instructions: 'Do.' });
    const before = catalogues.of('a');
    catalogues.put('b', { state: 'ready' });
    catalogues.put('a', { reason: 'x' });
    assert.deepEqual([before.version, before.reason], [1, 'not connected yet']);
    const { version, instructions, reason } = catalogues.of('a');
    assert.deepEqual([version, instructions, reason, catalogues.version], [3, 'Do.', 'x', 3]);
  });
});

describe('listeners hear of', () => {
  const heard = (steps: (catalogues: Catalogues) => void) => {
    const catalogues = new Catalogues();
    catalogues.put('a', { state: 'ready', lists: lists({ tools: madeList('tools', ['x']) }) });
    const changes: string[] = [];
    const stop = catalogues.onChange(({ server, kinds }) => changes.push(`${server} ${kinds}`));
    steps(catalogues);
    stop();
    catalogues.put('a', { lists: lists({ tools: madeList('tools', ['never heard']) }) });
    return changes;
  };
  test('the lists that are new', () => {
    assert.deepEqual(
      heard((c) => c.put('a', { lists: { ...c.of('a').lists, prompts: madeList('prompts', ['p']) } })),
      ['a prompts'],
    );
  });
  test('all of them when a server goes, and when it comes back', () => {
    const all = 'a tools,prompts,resources,templates';
    assert.deepEqual(
      heard((c) => {
        c.put('a', { state: 'down' });
        c.put('a', { state: 'ready' });
      }),
      [all, all],
    );
  });
  test('nothing when lists change behind a server that is down, or anything else changes', () => {
    assert.deepEqual(
      heard((c) => c.put('a', { instructions: 'x' })),
      [],
    );
    assert.deepEqual(
      heard((c) => c.put('b', { lists: lists({}) })),
      [],
    );
  });
});
