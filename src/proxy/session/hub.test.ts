import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HandWheel } from '../../../test/rig/hand-wheel.ts';
import { filtered, lists, madeList, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import { Views } from '../policy/view.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { Hub, PATIENCE_MS, QUIET_MS } from './hub.ts';

function world() {
  const catalogues = new Catalogues();
  for (const name of ['a', 'b']) catalogues.put(name, { state: 'ready' });
  const snapshot = madeSnapshot([madeServer('a'), madeServer('b')]);
  const wheel = new HandWheel();
  const hub = new Hub(new Views(() => snapshot, catalogues), catalogues, wheel);
  const heard: string[] = [];
  const listen = (endpoint: string) =>
    hub.listen({
      endpoint,
      viewer: 'me',
      principal: LOCAL_USER,
      changed: (kind) => heard.push(`${endpoint || 'all'} ${kind}`),
    });
  return { catalogues, heard, listen, wheel };
}

test('a change is told to those who listen at an endpoint that has the server, and to nobody else', () => {
  const { catalogues, heard, listen, wheel } = world();
  for (const endpoint of ['', 'a', 'b', 'gone']) listen(endpoint);
  catalogues.put('a', { lists: lists({ ...catalogues.of('a').lists, tools: madeList('tools', ['x']) }) });
  wheel.turn(QUIET_MS);
  assert.deepEqual(heard, ['all tools', 'a tools']);
});

test('changes that come together are told once per kind; templates are resources', () => {
  const { catalogues, heard, listen, wheel } = world();
  listen('');
  for (const name of ['a', 'b', 'a']) {
    const before = catalogues.of(name).lists;
    catalogues.put(name, {
      lists: { ...before, templates: madeList('templates', []), resources: madeList('resources', []) },
    });
  }
  wheel.turn(QUIET_MS);
  assert.deepEqual(heard, ['all resources']);
  catalogues.put('a', { lists: { ...catalogues.of('a').lists, prompts: madeList('prompts', []) } });
  wheel.turn(QUIET_MS);
  assert.deepEqual(heard, ['all resources', 'all prompts']);
});

test('who stopped listening hears nothing, not even what was on its way', () => {
  const { catalogues, heard, listen, wheel } = world();
  const unlisten = listen('');
  catalogues.put('a', { state: 'down' });
  unlisten();
  wheel.turn(QUIET_MS);
  assert.deepEqual(heard, []);
});

test('a hundred servers that come up one after the other are few notices, and nobody waits for the last', () => {
  const names = Array.from({ length: 100 }, (_, at) => `s${at}`);
  const catalogues = new Catalogues();
  const wheel = new HandWheel();
  const snapshot = madeSnapshot(names.map((name) => madeServer(name)));
  const hub = new Hub(new Views(() => snapshot, catalogues), catalogues, wheel);
  const heardMs: number[] = [];
  hub.listen({ endpoint: '', viewer: 'me', principal: LOCAL_USER, changed: () => heardMs.push(wheel.now()) });
  for (const name of names) {
    catalogues.put(name, { state: 'ready', lists: lists({ tools: madeList('tools', ['x']) }) });
    wheel.turn(QUIET_MS - 1);
  }
  wheel.turn(QUIET_MS);
  // Each of the four lists is new, so three kinds are told each time.
  assert.equal(heardMs.length, 3 * Math.ceil((100 * (QUIET_MS - 1)) / PATIENCE_MS));
  assert.equal(heardMs[0], PATIENCE_MS);
});

test('a change while others are told is told after them', () => {
  const { catalogues, heard, listen, wheel } = world();
  listen('');
  catalogues.put('a', { state: 'down' });
  wheel.turn(QUIET_MS);
  const before = heard.length;
  catalogues.put('a', { state: 'ready', lists: lists({ tools: madeList('tools', ['y']) }) });
  wheel.turn(QUIET_MS - 1);
  assert.equal(heard.length, before);
  wheel.turn(1);
  assert.ok(heard.length > before);
});

test('who begins to listen is not told what happened before', () => {
  const { catalogues, heard, listen, wheel } = world();
  const tools = () => lists({ ...catalogues.of('a').lists, tools: madeList('tools', ['y']) });
  catalogues.put('a', { lists: tools() });
  listen('a');
  wheel.turn(QUIET_MS);
  assert.deepEqual(heard, []);
  catalogues.put('a', { lists: tools() });
  listen('');
  wheel.turn(QUIET_MS);
  assert.deepEqual(heard, ['a tools']);
});

test('with another snapshot those are told whose lists are others, and whoever holds something looks at it', async () => {
  const catalogues = new Catalogues();
  for (const name of ['a', 'b']) {
    catalogues.put(name, { state: 'ready', lists: lists({ tools: madeList('tools', ['x', 'y']) }) });
  }
  const state = { snapshot: madeSnapshot([madeServer('a'), madeServer('b')]) };
  const views = new Views(() => state.snapshot, catalogues);
  const hub = new Hub(views, catalogues, new HandWheel());
  const heard: string[] = [];
  for (const endpoint of ['', 'a', 'b']) {
    views.of(endpoint, LOCAL_USER);
    hub.listen({ endpoint, viewer: '', principal: LOCAL_USER, changed: (kind) => heard.push(`${endpoint} ${kind}`) });
  }
  const unlook = hub.onRenewal(() => heard.push('looked'));
  hub.onRenewal(unlook);
  state.snapshot = madeSnapshot([filtered('a', { block: ['y'] }), madeServer('b')]);
  await hub.renewed(views.renewed());
  assert.deepEqual(heard, ['looked', ' tools', 'a tools']);
  state.snapshot = madeSnapshot([filtered('a', { block: ['y*'] }), madeServer('b')]);
  await hub.renewed(views.renewed());
  assert.equal(heard.length, 3);
});

test('one look, or one listener, that fails keeps no other from being looked after', async () => {
  const catalogues = new Catalogues();
  const views = new Views(() => madeSnapshot([madeServer('a')]), catalogues);
  const hub = new Hub(views, catalogues, new HandWheel());
  const heard: string[] = [];
  const broken = () => {
    throw new Error('broken');
  };
  for (const changed of [broken, (kind: string) => heard.push(kind)])
    hub.listen({ endpoint: 'a', viewer: '', principal: LOCAL_USER, changed });
  for (const look of [broken, async () => broken(), () => heard.push('looked')]) hub.onRenewal(look);
  await assert.rejects(
    hub.renewed(async () => new Set(['tools'])),
    /broken/,
  );
  assert.deepEqual(heard, ['looked', 'tools']);
});
