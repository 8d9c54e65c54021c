import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import type { ServerCatalogue } from '../../model/catalogue.ts';
import { defaultLimits } from '../../model/limits.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import type { Revision } from '../../model/revision.ts';
import { codecOf } from '../../wire/codecs.ts';
import { Views } from '../policy/view.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { endpointFacts, identityOf } from './endpoint-facts.ts';

const GATEWAY = '{"name":"gw","version":"1"}';

function facts(servers: Record<string, Partial<ServerCatalogue>>, endpoint: string, client: Revision = '2025-11-25') {
  const catalogues = new Catalogues();
  for (const [name, change] of Object.entries(servers))
    catalogues.put(name, { state: 'ready', revision: '2025-11-25', ...change });
  const snapshot = madeSnapshot(Object.keys(servers).map((name) => madeServer(name)));
  const view = new Views(() => snapshot, catalogues).of(endpoint, LOCAL_USER);
  assert.ok(view);
  const parts = { identity: GATEWAY, limits: defaultLimits, emit: () => {} };
  assert.equal(endpointFacts(view, codecOf(client), parts).serverInfo, identityOf(view, GATEWAY));
  return endpointFacts(view, codecOf(client), parts);
}

const everything = {
  tools: { listChanged: true },
  prompts: { listChanged: false },
  resources: { subscribe: true, listChanged: true },
  completions: {},
  logging: {},
  experimental: { x: {} },
  tasks: {},
};

describe('a server’s own endpoint', () => {
  const shown = (capabilities: object, client?: Revision, change: Partial<ServerCatalogue> = {}) =>
    facts({ srv: { capabilities: capabilities as ServerCatalogue['capabilities'], ...change } }, 'srv', client)
      .capabilities;

  test('shows what the server declared, as far as it is carried', () => {
    assert.deepEqual(shown(everything), {
      tools: { listChanged: true },
      prompts: {},
      resources: { listChanged: true, subscribe: true },
      completions: {},
      logging: {},
    });
  });
  test('shows to the other era what crosses, which logging does not', () => {
    assert.deepEqual(shown(everything, '2026-07-28'), {
      tools: { listChanged: true },
      prompts: {},
      resources: { listChanged: true, subscribe: true },
      completions: {},
    });
  });
  test('shows to the other era what the server declared to it, where it speaks that too', () => {
    const alternate = { revision: '2026-07-28', capabilities: { resources: { subscribe: true } } } as const;
    assert.deepEqual(shown(everything, '2026-07-28', { alternate }), { resources: { subscribe: true } });
  });
  test('shows nothing of a server that declared nothing, or is not known yet', () => {
    assert.deepEqual(shown({}), {});
    assert.deepEqual(shown({}, '2025-11-25', { state: 'starting', revision: undefined }), {});
  });
  for (const odd of [null, true, 5, 'yes', []]) {
    test(`takes a capability that is ${JSON.stringify(odd)} for one without flags`, () => {
      assert.deepEqual(shown({ tools: odd, resources: odd }), { tools: {}, resources: {} });
    });
  }
  test('speaks in the server’s name and words', () => {
    const { serverInfo, instructions } = facts({ srv: { serverInfo: '{"name":"s"}', instructions: 'Do.' } }, 'srv');
    assert.deepEqual([serverInfo, instructions], ['{"name":"s"}', 'Do.']);
  });
});

describe('an endpoint of several servers', () => {
  test('has nothing that none of them has', () => {
    const { capabilities, serverInfo, instructions } = facts({ a: {}, b: { capabilities: { prompts: {} } } }, '');
    assert.deepEqual(capabilities, { prompts: { listChanged: true } });
    assert.deepEqual([serverInfo, instructions], [GATEWAY, undefined]);
  });
  test('may have anything while one of them was never met', () => {
    const everyList = {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true },
    };
    assert.deepEqual(facts({ a: {}, b: { state: 'down', revision: undefined } }, '').capabilities, everyList);
    assert.deepEqual(facts({ a: {}, b: { state: 'down' } }, '').capabilities, {});
  });
  test('says that a list changes even when the server that has it never says so: servers come and go', () => {
    assert.deepEqual(facts({ a: { capabilities: { tools: {} } } }, '').capabilities, { tools: { listChanged: true } });
  });
  test('has what any of them has', () => {
    const { capabilities } = facts({ a: { capabilities: { logging: {} } }, b: { capabilities: everything } }, '');
    assert.deepEqual(capabilities, {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      completions: {},
      logging: {},
    });
  });
});
