/*
 * One visibility (invariant I12, threat T13): something is denied to a caller in each way there is, and then looked for on
 * every surface, through every door, at a server's own endpoint and beside other servers. It is listed nowhere, what names
 * it is answered as what does not exist, and no server hears of it.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openStage } from '../flow/stage.ts';
import { at } from '../rig/json-rpc.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { allOf, DOORS, type Door, type Look } from './looks.ts';

const TOKENS = {
  free: 'token-of-free-0123456789abcdef-0123',
  reader: 'token-of-reader-0123456789abcdef-01',
  reached: 'token-of-reached-0123456789abcdef-0',
  policed: 'token-of-policed-0123456789abcdef-0',
  watched: 'token-of-watched-0123456789abcdef-0',
  bob: 'token-of-bob-0123456789abcdef-0123',
};
type Who = keyof typeof TOKENS;

const options = {
  ...{ revision: MODERN, tools: [{ name: 'begin', inputSchema: { type: 'object' } }] },
  capabilities: {
    ...{ tools: { listChanged: true }, prompts: {}, completions: {}, logging: {} },
    ...{ resources: { subscribe: true, listChanged: true }, extensions: { 'io.modelcontextprotocol/tasks': {} } },
  },
} as const;
const up = {
  fs: await startScripted({ ...options, transport: 'http', instructions: 'Words of fs.' }),
  kept: await startScripted({ ...options, transport: 'http', instructions: 'Words of kept.' }),
  own: await startScripted({ ...options, transport: 'http', instructions: 'Words of own.' }),
  foreign: await startScripted({ ...options, transport: 'http', instructions: 'Words of foreign.' }),
};

const denied = { servers: ['fs'], tools: ['begin'], prompts: ['greet'] };
const deniedAll = { ...denied, resources: ['scripted://text', 'scripted://item/*'] };
const stage = await openStage(up, {
  entries: {
    kept: { tools: { block: ['begin'] } },
    own: { owner: 'ann', visibility: 'private' },
    foreign: { organisation: 'acme' },
  },
  config: {
    auth: {
      tokens: Object.entries(TOKENS).map(([name, token]) => ({ name, token, ...HOLDERS()[name] })),
    },
    access: {
      organisations: { acme: {} },
      users: { ann: {}, bob: {} },
      roles: {
        reader: {
          permissions: [{ servers: ['fs'], tools: ['echo'], prompts: ['plain'], resources: ['scripted://changing'] }],
        },
      },
      policies: [
        { name: 'no', effect: 'deny', who: { principals: ['token:policed'] }, what: deniedAll },
        {
          ...{ name: 'not from here', effect: 'deny', who: { principals: ['token:watched'] }, what: deniedAll },
          when: 'request.address.startsWith("127.")',
        },
      ],
    },
  },
});
after(() => stage.close());

function HOLDERS(): Record<string, object | undefined> {
  return {
    reader: { grants: 'none', roles: ['reader'] },
    reached: { tools: ['fs.echo', 'fs.touch'] },
    bob: { grants: 'none', roles: ['user'], user: 'bob' },
  };
}

interface Way {
  readonly title: string;
  readonly who: Who;
  readonly server: keyof typeof up;
  /** Only tools can be kept out like that. */
  readonly toolsOnly?: true;
  /** Nothing of the server is left. */
  readonly whole?: true;
}

const WAYS: readonly Way[] = [
  { title: 'a role that does not give it', who: 'reader', server: 'fs' },
  { title: 'the reach of the credential', who: 'reached', server: 'fs' },
  { title: 'a policy', who: 'policed', server: 'fs' },
  { title: 'a policy with a condition on the address', who: 'watched', server: 'fs' },
  { title: 'a tool filter', who: 'free', server: 'kept', toolsOnly: true },
  { title: 'an owner', who: 'bob', server: 'own', whole: true },
  { title: 'another organisation', who: 'free', server: 'foreign', whole: true },
];

/** How an endpoint calls what a server has. */
function named(server: string, endpoint: string) {
  const [name, uri] = endpoint === '' ? [`${server}__`, `${server}+`] : ['', ''];
  return { name: (key: string) => name + key, uri: (key: string) => uri + key };
}

const hidden = (server: string, endpoint: string, suffix = '') => {
  const { name, uri } = named(server, endpoint);
  return {
    ...{ tool: name(`begin${suffix}`), prompt: name(`greet${suffix}`) },
    ...{ resource: uri('scripted://text'), template: uri('scripted://item/{id}'), item: uri('scripted://item/7') },
  };
};

/** Requests that name something, by what of it they name. */
const argument = { name: 'id', value: 'x' };
const REQUESTS = {
  call: ({ tool }: Names) => ['tools/call', { name: tool, arguments: {} }],
  get: ({ prompt }: Names) => ['prompts/get', { name: prompt, arguments: { who: 'x' } }],
  read: ({ resource }: Names) => ['resources/read', { uri: resource }],
  'read by template': ({ item }: Names) => ['resources/read', { uri: item }],
  'complete a prompt': ({ prompt }: Names) => [
    'completion/complete',
    { ref: { type: 'ref/prompt', name: prompt }, argument },
  ],
  'complete a template': ({ template }: Names) => [
    'completion/complete',
    { ref: { type: 'ref/resource', uri: template }, argument },
  ],
  subscribe: ({ resource }: Names) => ['resources/subscribe', { uri: resource }],
} as const satisfies Record<string, (names: Names) => readonly [string, object]>;
type Names = ReturnType<typeof hidden>;

const LISTS = [
  ['tools/list', 'tools', 'name'],
  ['prompts/list', 'prompts', 'name'],
  ['resources/list', 'resources', 'uri'],
  ['resources/templates/list', 'resourceTemplates', 'uriTemplate'],
] as const;

const UNKNOWN_RESOURCE = { code: -32602, message: 'Unknown resource.' };

/** What servers were asked about what is hidden, lists aside. */
function heard(): number {
  const about = /"(begin|greet|scripted:\/\/text|scripted:\/\/item\/7|scripted:\/\/item\/\{id\})"/;
  const servers = Object.values(up);
  return servers.flatMap(({ received }) => received.all.filter(({ body }) => about.test(String(body)))).length;
}

const asksOf = (door: Door, toolsOnly?: true) =>
  Object.entries(REQUESTS).filter(
    ([what]) => (what !== 'subscribe' || door !== 'modern') && (!toolsOnly || what === 'call'),
  );

async function listedNames(look: Look): Promise<readonly unknown[]> {
  const lists = await Promise.all(
    LISTS.map(async ([method, member, key]) => (await allOf(look, method, member)).map((entry) => entry[key])),
  );
  return lists.flat();
}

for (const { title, who, server, toolsOnly, whole } of WAYS) {
  for (const door of Object.keys(DOORS) as Door[]) {
    for (const endpoint of whole ? [''] : ['', server]) {
      describe(`what is kept out by ${title}, over ${door}, at /mcp/${endpoint}`, async () => {
        const caller = { endpoint, token: TOKENS[who] };
        const look = await DOORS[door](stage, caller);
        const names = hidden(server, endpoint);

        it('is in no list, and what is listed can be named', async () => {
          const listed = await listedNames(look);
          for (const name of toolsOnly ? [names.tool] : Object.values(names))
            assert.equal(listed.includes(name), false);
          assert.ok(listed.length > 0);
          if (whole) assert.ok(!listed.some((name) => String(name).startsWith(server)), String(listed));
        });

        it('is answered like what does not exist, and no server hears of it', async () => {
          const before = heard();
          for (const [what, request] of asksOf(door, toolsOnly)) {
            const [method, params] = request(names);
            const { error, result } = await look.ask(method, { ...params });
            assert.equal(result, undefined, what);
            const [, unknown] = request(hidden(server, endpoint, '-of-nobody'));
            // Whether a server has a resource only it can say; what is denied is not asked of it, and in our words unknown.
            const isResource = JSON.stringify(params).includes('scripted:');
            const expected = isResource ? UNKNOWN_RESOURCE : (await look.ask(method, { ...unknown })).error;
            assert.deepEqual(error, expected, what);
          }
          assert.equal(heard(), before);
        });

        it('is nowhere in what the endpoint says of itself', async () => {
          const said = await look.facts();
          assert.equal(said.includes(`Words of ${server}.`), !whole && door !== 'sse');
          const { result } = await look.ask('tools/list');
          assert.equal(JSON.stringify(at(result, '_meta') ?? {}).includes(server), false);
        });
      });
    }
  }
}

describe('who has a right to it', async () => {
  for (const door of Object.keys(DOORS) as Door[]) {
    it(`finds all of it everywhere (${door})`, async () => {
      for (const endpoint of ['', 'fs']) {
        const look = await DOORS[door](stage, { endpoint, token: TOKENS.free });
        const names = hidden('fs', endpoint);
        const listed = await listedNames(look);
        for (const name of [names.tool, names.prompt, names.resource, names.template])
          assert.ok(listed.includes(name), name);
        for (const [what, request] of asksOf(door)) {
          const [method, params] = request(names);
          // Older clients cannot follow tasks, so the call fails, but at the server.
          const { error } = await look.ask(method, { ...params });
          assert.ok(what === 'call' || error === undefined, `${what}: ${JSON.stringify(error)}`);
        }
      }
    });
  }
});

describe('a listen stream', async () => {
  const clientOf = (who: Who, endpoint = 'fs') =>
    stage.modern(endpoint, { headers: { authorization: `Bearer ${TOKENS[who]}` } });

  for (const who of ['reader', 'reached', 'policed', 'watched'] as const) {
    it(`carries nothing of what is denied (${who}), whatever happens to it`, async () => {
      const wanted = ['scripted://text', 'scripted://changing'];
      const stream = await clientOf(who).listen({ resourceSubscriptions: wanted });
      const [acknowledged] = stream.messages;
      const expected = who === 'reached' ? undefined : ['scripted://changing'];
      assert.deepEqual(at(acknowledged, 'params', 'notifications', 'resourceSubscriptions'), expected);
      const free = await clientOf('free').listen({ resourceSubscriptions: wanted });
      for (const uri of wanted) await clientOf('free').call('tools/call', { name: 'touch', arguments: { uri } });
      await free.until(({ params }) => at(params, 'uri') === 'scripted://changing');
      if (expected) await stream.until(({ params }) => at(params, 'uri') === 'scripted://changing');
      assert.equal(
        stream.messages.some(({ params }) => at(params, 'uri') === 'scripted://text'),
        false,
      );
      for (const each of [stream, free]) each.abort();
    });
  }

  it('tells of servers only who sees them', async () => {
    const bob = await clientOf('bob', '').listen({ toolsListChanged: true });
    const free = await clientOf('free', '').listen({ toolsListChanged: true });
    await clientOf('free', 'own').call('tools/call', { name: 'change' });
    await free.until(({ method }) => method === 'notifications/tools/list_changed');
    await clientOf('free', 'fs').call('tools/call', { name: 'change' });
    await bob.until(({ method }) => method === 'notifications/tools/list_changed');
    const told = bob.messages.filter(({ method }) => method === 'notifications/tools/list_changed');
    assert.equal(told.length, 1);
    for (const each of [bob, free]) each.abort();
  });
});
