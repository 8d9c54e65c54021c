import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lists, madeList, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { Hub } from './hub.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function world() {
  const catalogues = new Catalogues();
  for (const name of ['a', 'b']) catalogues.put(name, { state: 'ready' });
  const snapshot = madeSnapshot([madeServer('a'), madeServer('b')]);
  const hub = new Hub(() => snapshot, catalogues);
  const heard: string[] = [];
  const listen = (endpoint: string) =>
    hub.listen({ endpoint, changed: (kind) => heard.push(`${endpoint || 'all'} ${kind}`) });
  return { catalogues, heard, listen };
}

test('a change is told to those who listen at an endpoint that has the server, and to nobody else', async () => {
  const { catalogues, heard, listen } = world();
  for (const endpoint of ['', 'a', 'b', 'gone']) listen(endpoint);
  catalogues.put('a', { lists: lists({ ...catalogues.of('a').lists, tools: madeList('tools', ['x']) }) });
  await turn();
  assert.deepEqual(heard, ['all tools', 'a tools']);
});

test('changes that come together are told once per kind; templates are resources', async () => {
  const { catalogues, heard, listen } = world();
  listen('');
  for (const name of ['a', 'b', 'a']) {
    const before = catalogues.of(name).lists;
    catalogues.put(name, {
      lists: { ...before, templates: madeList('templates', []), resources: madeList('resources', []) },
    });
  }
  await turn();
  assert.deepEqual(heard, ['all resources']);
  catalogues.put('a', { lists: { ...catalogues.of('a').lists, prompts: madeList('prompts', []) } });
  await turn();
  assert.deepEqual(heard, ['all resources', 'all prompts']);
});

test('who stopped listening hears nothing, not even what was on its way', async () => {
  const { catalogues, heard, listen } = world();
  const unlisten = listen('');
  catalogues.put('a', { state: 'down' });
  unlisten();
  await turn();
  assert.deepEqual(heard, []);
});
