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

function facts(
  servers: Record<string, Partial<ServerCatalogue>>,
  endpoint: string,
  client: Revision = '2025-11-25',
  capabilities: object = {},
) {
  const catalogues = new Catalogues();
  for (const [name, change] of Object.entries(servers))
    catalogues.put(name, { state: 'ready', revision: '2025-11-25', ...change });
  const snapshot = madeSnapshot(Object.keys(servers).map((name) => madeServer(name)));
  const view = new Views(() => snapshot, catalogues).of(endpoint, LOCAL_USER);
  assert.ok(view);
  const parts = { identity: GATEWAY, limits: defaultLimits, emit: () => {} };
  const introduced = { codec: codecOf(client), capabilities: JSON.stringify(capabilities) };
  assert.equal(endpointFacts(view, introduced, parts).serverInfo, identityOf(view, GATEWAY));
  return endpointFacts(view, introduced, parts);
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
      experimental: { x: {} },
    });
  });
  test('shows the same to the other era, but for what nobody knows the meaning of', () => {
    const { experimental, ...known } = shown(everything);
    assert.deepEqual([shown(everything, '2026-07-28'), experimental], [known, { x: {} }]);
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

describe('an extension', () => {
  const UI = 'io.modelcontextprotocol/ui';
  const TASKS = 'io.modelcontextprotocol/tasks';
  const NEW = '2026-07-28';
  const OLD = '2025-11-25';
  const has = (...names: string[]) => ({ extensions: Object.fromEntries(names.map((name) => [name, { of: name }])) });
  const shown = (endpoint: string, client: Revision, server: Revision, declared: object, offered: object) => {
    const { capabilities } = facts(
      { a: { revision: server, capabilities: offered as never }, b: {} },
      endpoint,
      client,
      declared,
    );
    return Object.keys((capabilities.extensions ?? {}) as object);
  };
  const rows: [string, string, Revision, Revision, string, boolean][] = [
    ['of apps is shown to a client of the same era', 'a', OLD, OLD, UI, true],
    ['of apps is shown to a client of the other era', 'a', NEW, OLD, UI, true],
    ['of apps is shown in an aggregate', '', OLD, NEW, UI, true],
    ['of tasks is shown between newer ones', 'a', NEW, NEW, TASKS, true],
    ['of tasks is shown between newer ones in an aggregate', '', NEW, NEW, TASKS, true],
    ['of tasks is not shown to an older client', 'a', OLD, NEW, TASKS, false],
    ['of tasks is not shown by an older server', 'a', NEW, OLD, TASKS, false],
    ['of tasks is not shown between older ones', 'a', OLD, OLD, TASKS, false],
    ['that nobody here knows is shown within an era at the server’s own endpoint', 'a', NEW, NEW, 'org.x/y', true],
    ['that nobody here knows is not shown in an aggregate', '', NEW, NEW, 'org.x/y', false],
    ['that nobody here knows is not shown across the eras', 'a', NEW, OLD, 'org.x/y', false],
  ];
  for (const [what, endpoint, client, server, name, isShown] of rows) {
    test(what, () => {
      assert.deepEqual(shown(endpoint, client, server, has(name), has(name)), isShown ? [name] : []);
    });
  }
  test('is not shown when the client or the server does not say that it has it', () => {
    assert.deepEqual(shown('a', NEW, NEW, {}, has(UI, TASKS, 'org.x/y')), []);
    assert.deepEqual(shown('a', NEW, NEW, has(UI, TASKS, 'org.x/y'), {}), []);
    assert.deepEqual(shown('a', NEW, NEW, has('org.x/z'), has('org.x/y')), []);
  });
  test('is shown with what the server says about it, and in an aggregate with that of the first', () => {
    const of = (value: unknown) => ({ revision: NEW, capabilities: { extensions: { [UI]: value } } }) as const;
    const { capabilities } = facts({ a: of({ n: 1 }), b: of({ n: 2 }) }, '', NEW, has(UI));
    assert.deepEqual(capabilities.extensions, { [UI]: { n: 1 } });
  });
  for (const odd of [null, [], 'x', 5, { constructor: 1 }]) {
    test(`is none when extensions are ${JSON.stringify(odd)} on either side`, () => {
      assert.deepEqual(shown('a', NEW, NEW, { extensions: odd }, has(UI, 'toString')), []);
      assert.deepEqual(shown('a', NEW, NEW, has(UI, 'toString'), { extensions: odd }), []);
    });
  }
  test('of before, called experimental, is shown within an era at the server’s own endpoint alone', () => {
    const server = { revision: NEW, capabilities: { experimental: { x: { y: 1 } } } } as const;
    const experimental = (endpoint: string, client: Revision) =>
      facts({ a: server, b: {} }, endpoint, client).capabilities.experimental;
    assert.deepEqual(experimental('a', NEW), { x: { y: 1 } });
    assert.deepEqual([experimental('', NEW), experimental('a', OLD)], [undefined, undefined]);
  });
});
