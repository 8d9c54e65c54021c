/*
 * What a client holds between a question and its answer is good for that client, that request and that endpoint, for a while
 * and unchanged; anything else is refused before a server hears of it, and harms nobody's call (vectors A-T17).
 *
 * Three kinds of state: that of a call that is parked at an older server, that of a call which an older server wants
 * made again, and a newer server's own, which travels sealed.
 */
import assert from 'node:assert/strict';
import { chmod, readFile, rm, stat as statOf, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { dataFolder } from '../rig/data-folder.ts';
import { at } from '../rig/json-rpc.ts';
import { type ModernClient, type Reply, textOf } from '../rig/raw-client.ts';
import { type JsonObject, MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { type Asked, askedIn, bringing, YES } from './asked.ts';
import { caughtUp } from './same-era.ts';
import { openStage, type Scripted, type Stage } from './stage.ts';

const TOKENS = { ann: 'the-token-that-ann-has-is-long-enough', bob: 'the-token-that-bob-has-is-long-enough' };
const as = (who: keyof typeof TOKENS) => ({ authorization: `Bearer ${TOKENS[who]}` });
const auth = { tokens: Object.entries(TOKENS).map(([name, token]) => ({ name, token })) };

const up: Record<string, Scripted> = {
  old: await startScripted({ revision: '2025-11-25', transport: 'http' }),
  new: await startScripted({ revision: MODERN, transport: 'http' }),
  'old-too': await startScripted({ revision: '2025-11-25', transport: 'http' }),
  'new-too': await startScripted({ revision: MODERN, transport: 'http' }),
};
const stage = await openStage(up, { config: { auth } });
after(() => stage.close());

const ABLE = { elicitation: { form: {}, url: {} } };
const clientOf = (who: keyof typeof TOKENS, endpoint: string) =>
  stage.modern(endpoint, { capabilities: ABLE, headers: as(who) });

interface Kind {
  readonly what: string;
  readonly server: string;
  readonly other: string;
  readonly tool: string;
  /** Makes the server ask for the next call. */
  readonly asks?: JsonObject;
}

const elicitations = [{ mode: 'url', elicitationId: 'e', message: 'Sign in', url: 'https://a.example/' }];
const KINDS: readonly Kind[] = [
  { what: 'a parked call', server: 'old', other: 'old-too', tool: 'ask' },
  {
    what: 'a call to be made again',
    server: 'old',
    other: 'old-too',
    tool: 'echo',
    asks: { error: { code: -32042, message: 'Visit', data: { elicitations } }, times: 1 },
  },
  { what: 'a newer server', server: 'new', other: 'new-too', tool: 'ask' },
];

const call = { name: 'ask', arguments: { message: 'Who?', n: 1, list: [1, { a: 'ü', b: null }] } };

async function asked(client: ModernClient, { server, asks, tool }: Kind): Promise<Asked> {
  if (asks) await up[server]?.set(`tools/call ${tool}`, asks);
  return askedIn(await client.call('tools/call', { ...call, name: tool }));
}

const flipped = (state: string, at: number) => {
  const other = state[at] === 'A' ? 'B' : 'A';
  return `${state.slice(0, at)}${other}${state.slice(at + 1)}`;
};

/** The last character of a text in base64url may have bits that mean nothing; those must not be free to choose. */
const spare = (state: string) => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return `${state.slice(0, -1)}${letters[letters.indexOf(state.at(-1) ?? '') ^ 1]}`;
};

const CHANGED: readonly [string, (state: string) => unknown][] = [
  ['its first character flipped', (state) => flipped(state, 0)],
  ['a character of its nonce flipped', (state) => flipped(state, 16)],
  ['a character in the middle flipped', (state) => flipped(state, state.length >> 1)],
  ['its last character flipped', (state) => flipped(state, state.length - 1)],
  ['its last bit flipped', spare],
  ['its last character missing', (state) => state.slice(0, -1)],
  ['a character more', (state) => `${state}A`],
  ['padding at its end', (state) => `${state}=`],
  ['a blank in it', (state) => `${state.slice(0, 9)} ${state.slice(9)}`],
  ['nothing in it', () => ''],
  ['words of the client’s own', () => 'state of elicitation/create'],
  ['a number for it', () => 7],
  ['null for it', () => null],
];

type Change = (brought: JsonObject, from: ModernClient) => Promise<Reply>;

for (const kind of KINDS) {
  describe(`the state of ${kind.what}`, () => {
    /** Uses the state in a wrong way, then in the right one: the first is refused, and the second still goes on. */
    async function refuses(use: Change, status = 200, code = -32602): Promise<void> {
      const ann = clientOf('ann', kind.server);
      const first = await asked(ann, kind);
      const before = heard();
      const brought = { ...call, name: kind.tool, ...bringing(first, YES) };
      const { answer, status: said, stream } = await use(brought, ann);
      assert.deepEqual([said, at(answer, 'error', 'code')], [status, code], stream.rawBody);
      assert.deepEqual(heard(), before);
      const done = await ann.call('tools/call', brought);
      assert.equal(at(done.answer, 'result', 'resultType'), 'complete', done.stream.rawBody);
    }

    /** How many calls each server has had. */
    const heard = () => Object.values(up).map(({ received }) => received.of('tools/call').length);

    for (const [what, change] of CHANGED) {
      it(`is refused with ${what}`, () =>
        refuses((brought, from) =>
          from.call('tools/call', { ...brought, requestState: change(String(brought.requestState)) }),
        ));
    }

    for (const [what, change] of [
      ['another argument', { arguments: { ...call.arguments, n: 2 } }],
      ['an argument more', { arguments: { ...call.arguments, more: 1 } }],
      ['an argument less', { arguments: { message: 'Who?', n: 1 } }],
      ['its list in another order', { arguments: { ...call.arguments, list: [{ a: 'ü', b: null }, 1] } }],
      ['no arguments', { arguments: undefined }],
      ['another tool', { name: 'sample' }],
    ] as const) {
      it(`is refused with ${what}`, () =>
        refuses((brought, from) => from.call('tools/call', { ...brought, ...change })));
    }

    it('is refused for another method', () =>
      refuses(({ inputResponses, requestState }, from) =>
        from.call('prompts/get', { name: 'plain', inputResponses, requestState }),
      ));

    it('is refused from another user', () =>
      refuses((brought) => clientOf('bob', kind.server).call('tools/call', brought)));

    it('is refused from nobody', () =>
      refuses((brought) => stage.modern(kind.server, { capabilities: ABLE }).call('tools/call', brought), 401, -31001));

    it('is refused at another server', () =>
      refuses((brought) => clientOf('ann', kind.other).call('tools/call', brought)));

    it('is refused at another endpoint of the same server', () =>
      refuses((brought) =>
        clientOf('ann', '').call('tools/call', { ...brought, name: `${kind.server}__${kind.tool}` }),
      ));

    it('is good for the same request in other words', async () => {
      const ann = clientOf('ann', kind.server);
      const { keys, state } = await asked(ann, kind);
      const params =
        `{"requestState":${JSON.stringify(state)},"arguments":{"list":[1.0,{"b" : null,"a":"\\u00fc"}],"n":1e0,"message":"Wh\\u006f?"},` +
        `"inputResponses":{"${keys[0]}":${JSON.stringify(YES)}},"name":"\\u00${kind.tool.charCodeAt(0).toString(16)}${kind.tool.slice(1)}","_meta":${JSON.stringify(ann.meta())}}`;
      const body = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":${params}}`;
      const stream = await ann.send('POST', body, ann.headersOf('tools/call', { name: kind.tool }));
      await stream.ended;
      assert.equal(at(stream.messages[0], 'result', 'resultType'), 'complete', stream.rawBody);
    });
  });
}

describe('a state that is used twice', () => {
  it('is good once for a parked call: the server hears one answer, and the other request is told', async () => {
    const ann = clientOf('ann', 'old');
    const first = await asked(ann, KINDS[0] as Kind);
    const known = up.old?.received.all.length ?? 0;
    const replies = await Promise.all(
      [1, 2, 3].map((n) =>
        ann.call('tools/call', { ...call, ...bringing(first, { ...YES, content: { answer: `${n}` } }) }),
      ),
    );
    const done = replies.filter(({ answer }) => answer?.result !== undefined);
    assert.equal(done.length, 1);
    for (const { answer } of replies.filter((reply) => !done.includes(reply))) {
      assert.equal(at(answer, 'error', 'code'), -32602);
      assert.match(String(at(answer, 'error', 'message')), /answered|over/);
    }
    await caughtUp(up.old as Scripted, ann);
    const answers = up.old?.received.all.slice(known).filter(({ message }) => message?.result !== undefined);
    assert.equal(answers?.length, 1);
  });

  it('is good once for each round', async () => {
    const ann = clientOf('ann', 'old');
    const form = {
      method: 'elicitation/create',
      params: { message: 'x', requestedSchema: { type: 'object', properties: {} } },
    };
    const interview = { name: 'interview', arguments: { rounds: [{ asks: { a: form } }, { asks: { b: form } }] } };
    const first = askedIn(await ann.call('tools/call', interview));
    const second = askedIn(await ann.call('tools/call', { ...interview, ...bringing(first, YES) }));
    const late = (await ann.call('tools/call', { ...interview, ...bringing(first, YES) })).answer;
    assert.deepEqual(
      [at(late, 'error', 'code'), /answered/.test(String(at(late, 'error', 'message')))],
      [-32602, true],
    );
    const { answer } = await ann.call('tools/call', { ...interview, ...bringing(second, YES) });
    assert.equal(at(answer, 'result', 'resultType'), 'complete');
  });
});

describe('states and the end of the gateway', () => {
  const data = dataFolder();
  const keys = join(data.GATEWRIGHT_DATA_DIR, 'state-keys.json');
  const open = async (): Promise<Stage> => {
    return openStage({}, { others: placed, gateway: { env: data } });
  };
  const placed = Object.fromEntries(
    Object.entries(up).map(([name, server]) => [name, { url: 'url' in server ? server.url : '' }]),
  );
  const own = (gateway: Stage, server: string) => gateway.modern(server, { capabilities: ABLE });

  it('a newer server’s outlives it, a parked call does not, and its client is told', async () => {
    const before = await open();
    const [theirs, parked] = await Promise.all([
      asked(own(before, 'new'), KINDS[2] as Kind),
      asked(own(before, 'old'), KINDS[0] as Kind),
    ]);
    assert.equal((await statOf(keys)).mode & 0o777, 0o600);
    await before.gateway.stop('SIGKILL');
    await before.close();
    const now = await open();
    const done = await own(now, 'new').call('tools/call', { ...call, ...bringing(theirs, YES) });
    assert.match(String(textOf(done.answer)), /"stateKept":true/);
    const { answer } = await own(now, 'old').call('tools/call', { ...call, ...bringing(parked, YES) });
    assert.equal(at(answer, 'error', 'code'), -32602);
    assert.match(String(at(answer, 'error', 'message')), /restarted/);
    await now.close();
  });

  for (const [what, spoil] of [
    ['broken', () => writeFile(keys, '{"version":1,"keys":[{"id":"x"}]}')],
    ['half', async () => writeFile(keys, (await readFile(keys)).subarray(0, 40))],
    ['readable by others', () => chmod(keys, 0o644)],
    ['a link', () => rm(keys).then(() => symlink('/dev/null', keys))],
  ] as const) {
    it(`a file of keys that is ${what} is told and replaced, and what was sealed with it is refused`, async () => {
      const before = await open();
      const theirs = await asked(own(before, 'new'), KINDS[2] as Kind);
      await before.close();
      await spoil();
      const now = await open();
      const client = own(now, 'new');
      const { answer } = await client.call('tools/call', { ...call, ...bringing(theirs, YES) });
      assert.equal(at(answer, 'error', 'code'), -32602);
      assert.match(now.gateway.stderr(), /keys of request states cannot be used/);
      const again = await asked(client, KINDS[2] as Kind);
      const done = await client.call('tools/call', { ...call, ...bringing(again, YES) });
      assert.match(String(textOf(done.answer)), /"stateKept":true/);
      await now.close();
      const facts = await statOf(keys);
      assert.deepEqual([facts.mode & 0o777, facts.isFile()], [0o600, true]);
    });
  }
});
