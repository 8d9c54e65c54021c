/*
 * Policies and limit rules over the API, and a real store: what is taken and what is not, who sees what of whom, and that a dry
 * run foretells what is so once the rule is saved.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openPlaneDesk } from '../../../../test/rig/desk-plane.ts';

const FILE = `
servers:
  files: { url: http://127.0.0.1:1/mcp, organisation: acme, visibility: public }
  theirs: { url: http://127.0.0.1:1/other, organisation: beta }
access:
  organisations: { acme: {}, beta: {} }
  conditionHeaders: [x-team]
  policies:
    - { name: from the file, organisation: acme, effect: deny, who: "*", what: { servers: [files], tools: [wipe] }, priority: 900 }
`;

const desk = await openPlaneDesk({ file: FILE });
after(() => desk.close());
desk.has('files', ['read', 'write', 'wipe', 'delete_all']);
desk.has('theirs', ['secret']);

interface Rule {
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly origin: string;
  readonly priority: number;
  readonly enabled: boolean;
  readonly effect: string;
}
interface Page {
  readonly items: readonly Rule[];
  readonly nextCursor?: string;
}

const DENY = { effect: 'deny', who: '*', what: { servers: ['files'], tools: ['delete*'] } };
const make = (name: string, change: object = {}, who: Parameters<typeof desk.ask>[0] = 'ada') =>
  desk.ask<Rule>(who, 'POST /api/v1/policies', { body: { name, ...DENY, ...change } });

describe('a policy', () => {
  it('is made, listed by priority with those of the file, changed, switched, deleted', async () => {
    const made = await make('first', { priority: 300 });
    assert.deepEqual([made.status, made.data.version, made.data.origin, made.data.enabled], [201, 1, 'store', true]);
    const all = await desk.ask<Page>('ada', 'GET /api/v1/policies');
    assert.deepEqual(
      all.data.items.map(({ name, origin }) => [name, origin]),
      [
        ['from the file', 'file'],
        ['first', 'store'],
      ],
    );
    const path = `/api/v1/policies/${made.data.id}`;
    const changed = await desk.ask<Rule>('ada', `PATCH ${path}`, { body: { priority: 950 }, ifMatch: 1 });
    assert.deepEqual([changed.status, changed.data.priority, changed.data.effect], [200, 950, 'deny']);
    const stale = await desk.ask('ada', `PATCH ${path}`, { body: { priority: 1 }, ifMatch: 1 });
    assert.equal(stale.error, 'changed_meanwhile');
    const off = await desk.ask<Rule>('ada', `POST ${path}/disable`, { ifMatch: 2 });
    assert.equal(off.data.enabled, false);
    const [first] = (await desk.ask<Page>('ada', 'GET /api/v1/policies?enabled=true&sort=-priority')).data.items;
    assert.equal(first?.name, 'from the file');
    assert.equal((await desk.ask('ada', `DELETE ${path}`, { ifMatch: 3 })).status, 200);
    assert.equal((await desk.ask('ada', `GET ${path}`)).error, 'not_found');
  });

  it('of the file is shown and read-only, and its name is taken', async () => {
    const [ofFile] = (await desk.ask<Page>('ada', 'GET /api/v1/policies?origin=file')).data.items;
    assert.ok(ofFile);
    assert.equal((await desk.ask('ada', `GET /api/v1/policies/${ofFile.id}`)).status, 200);
    const changed = await desk.ask('ada', `PATCH /api/v1/policies/${ofFile.id}`, { body: { priority: 1 }, ifMatch: 0 });
    assert.equal(changed.error, 'read_only');
    assert.equal((await make('from the file')).error, 'conflict');
  });

  it('is its organisation’s: others neither see, change nor hear of it', async () => {
    const { data } = await make('ours');
    const path = `/api/v1/policies/${data.id}`;
    assert.deepEqual((await desk.ask<Page>('bob', 'GET /api/v1/policies')).data.items, []);
    for (const what of [`GET ${path}`, `PATCH ${path}`, `DELETE ${path}`, `POST ${path}/disable`])
      assert.equal(
        (await desk.ask('bob', what, what.startsWith('PATCH') ? { body: {}, ifMatch: 1 } : { ifMatch: 1 })).status,
        404,
      );
    for (const who of ['uma', 'vic', 'uma-write'] as const)
      assert.equal((await desk.ask(who, 'GET /api/v1/policies')).status, 403);
    assert.equal((await desk.ask<Page>('root', 'GET /api/v1/policies?organisation=acme')).data.items.length, 2);
    await desk.ask('ada', `DELETE ${path}`, { ifMatch: 1 });
  });

  const WRONG: readonly [say: string, change: object, field: string, words: RegExp][] = [
    ['a priority of nobody', { priority: 1_001 }, 'body.priority', /1000/],
    [
      'a server that there is not',
      { what: { servers: ['fils'], tools: ['*'] } },
      'body.what.servers.0',
      /mean "files"/,
    ],
    [
      'a server of somebody else',
      { what: { servers: ['theirs'], tools: ['*'] } },
      'body.what.servers.0',
      /^There is no such server\.(?!.*theirs)/,
    ],
    ['a role that there is not', { who: { roles: ['amdin'] } }, 'body.who.roles.0', /mean "admin"/],
    ['a user of another organisation', { who: { users: ['bob'] } }, 'body.who.users.0', /no such user/],
    ['nothing of tools', { what: { servers: ['*'] } }, 'body.what', /about nothing/],
    ['nobody', { who: {} }, 'body.who', /Names nobody/],
    ['a condition that does not compile', { when: 'principal.user ==' }, 'body.when', /line 1, column \d+/],
    [
      'a header that conditions may not read',
      { when: 'request.headers["x-other"] == "1"' },
      'body.when',
      /conditionHeaders/,
    ],
    ['a field too many', { whom: '*' }, 'body.whom', /no such field/],
  ];
  for (const [say, change, field, words] of WRONG)
    it(`that says ${say} is refused by its field, and the check says the same without saving`, async () => {
      const refused = await make('wrong', change);
      assert.equal(refused.error, 'parameter_wrong');
      assert.ok(
        refused.errors.some((fault) => fault.field === field && words.test(fault.message)),
        JSON.stringify(refused.errors),
      );
      const checked = await desk.ask<{ valid: boolean; faults: { field: string }[] }>(
        'ada',
        'POST /api/v1/policies/validate',
        {
          body: { name: 'wrong', ...DENY, ...change },
        },
      );
      assert.equal(checked.data.valid, false);
      assert.ok(checked.data.faults.some((fault) => fault.field === field));
    });

  it('may be turned off although what it names is gone', async () => {
    const { data } = await make('nights', { when: 'request.time.getHours() > 20' });
    const off = await desk.ask<Rule>('ada', `PATCH /api/v1/policies/${data.id}`, {
      body: { enabled: false },
      ifMatch: 1,
    });
    assert.equal(off.status, 200);
    const cleared = await desk.ask<Rule & { when?: string }>('ada', `PATCH /api/v1/policies/${data.id}`, {
      ...{ body: { when: null }, ifMatch: 2 },
    });
    assert.equal(cleared.data.when, undefined);
    await desk.ask('ada', `DELETE /api/v1/policies/${data.id}`, { ifMatch: 3 });
  });
});

describe('a dry run', () => {
  interface DryRun {
    readonly questions: readonly {
      readonly changed: boolean;
      readonly before: { answer: string };
      readonly after: { answer: string; rule: string };
    }[];
    readonly sample: {
      readonly changed: number;
      readonly cut: boolean;
      readonly rows: readonly {
        readonly principal: string;
        readonly name: string;
        readonly after: { readonly answer: string };
      }[];
      readonly unknown: readonly { readonly principal: string }[];
    };
  }
  const run = (body: object, who: Parameters<typeof desk.ask>[0] = 'ada') =>
    desk.ask<DryRun>(who, 'POST /api/v1/policies/dry-run', { body });
  const uma = (tool: string) => ({ as: 'user:uma', tool, endpoint: 'acme--files' });

  it('tells what would change, and changes nothing', async () => {
    const policy = { name: 'no-deletes', ...DENY };
    const { data } = await run({
      policy,
      questions: [uma('delete_all'), uma('read')],
      sample: { endpoint: 'acme--files' },
    });
    assert.deepEqual(
      data.questions.map(({ changed, before, after }) => [changed, before.answer, after.answer, after.rule]),
      [
        [true, 'yes', 'no', 'access.policies.no-deletes'],
        [false, 'yes', 'yes', 'roles.user'],
      ],
    );
    const whom = data.sample.rows.map(({ principal, name }) => `${principal} ${name}`).sort();
    assert.deepEqual(whom, [
      'user:ada delete_all',
      'user:eva delete_all',
      'user:uma delete_all',
      'user:vic delete_all',
    ]);
    assert.equal((await desk.ask<Page>('ada', 'GET /api/v1/policies?origin=store')).data.items.length, 0);
  });

  it('foretells what is so when it is saved, and when it is deleted', async () => {
    const policy = {
      name: 'readers',
      effect: 'deny',
      who: { users: ['uma'] },
      what: '*',
      when: '!target.name.startsWith("r")',
    };
    const questions = ['read', 'write', 'delete_all', 'wipe'].map(uma);
    const foretold = (await run({ policy, questions })).data.questions.map(({ after }) => after);
    const saved = await make('readers', policy);
    assert.equal(saved.status, 201);
    const told = [];
    for (const question of questions)
      told.push(
        (await desk.ask<{ answer: string; rule: string }>('ada', 'POST /api/v1/explain', { body: question })).data,
      );
    assert.deepEqual(
      told.map(({ answer, rule }) => [answer, rule]),
      foretold.map(({ answer, rule }) => [answer, rule]),
    );
    const gone = (await run({ id: saved.data.id, questions })).data.questions.map(({ after }) => after.answer);
    assert.deepEqual(gone, ['yes', 'yes', 'yes', 'no']);
    await desk.ask('ada', `DELETE /api/v1/policies/${saved.data.id}`, { ifMatch: 1 });
  });

  it('is within the organisation', async () => {
    const policy = { name: 'p', ...DENY, what: '*' };
    const asked = [
      { as: 'user:bob', tool: 'read', endpoint: 'acme--files' },
      { as: 'user:uma', tool: 'secret', endpoint: 'beta--theirs' },
    ];
    const { data } = await run({
      policy,
      questions: asked,
      sample: { principals: ['user:bob'], endpoint: 'acme--files' },
    });
    assert.deepEqual(
      data.questions.map(({ before, after }) => [before.answer, after.answer]),
      [
        ['no', 'no'],
        ['no', 'no'],
      ],
    );
    assert.deepEqual([data.sample.rows.length, data.sample.unknown[0]?.principal], [0, 'user:bob']);
    const elsewhere = await run({ policy, sample: { endpoint: 'beta--theirs' } });
    assert.equal(elsewhere.errors[0]?.field, 'body.sample.endpoint');
  });

  it('takes no credential for a name', async () => {
    const token = desk.tokens['ada-write'];
    const { data } = await run({
      policy: { name: 'p', ...DENY },
      questions: [{ as: token, tool: 'read', endpoint: 'acme--files' }],
    });
    assert.equal(data.questions[0]?.before.answer, 'no');
  });

  it('looks at a command that a tool would be called with, and takes none anywhere else', async () => {
    const question = { ...uma('read'), arguments: { command: 'ls' } };
    assert.equal((await run({ policy: { name: 'p', ...DENY }, questions: [question] })).status, 200);
    assert.equal(
      (await run({ policy: { name: 'p', ...DENY, command: 'ls' }, questions: [question] })).error,
      'command_refused',
    );
  });
});

describe('a limit rule', () => {
  const LIMIT = { per: 'user', limit: 10, windowMs: 60_000 };
  const limit = (name: string, change: object = {}) =>
    desk.ask<Rule>('ada', 'POST /api/v1/limit-rules', { body: { name, ...LIMIT, ...change } });

  const WRONG: readonly [say: string, change: object, field: string][] = [
    ['no call at all', { limit: 0 }, 'body.limit'],
    ['half a call', { limit: 1.5 }, 'body.limit'],
    ['a window of nothing', { windowMs: 999 }, 'body.windowMs'],
    ['a window without end', { windowMs: 2_678_400_001 }, 'body.windowMs'],
    ['a dimension of nobody', { per: 'moon' }, 'body.per'],
    ['an algorithm of nobody', { algorithm: 'leaky_bucket' }, 'body.algorithm'],
    ['a burst without a bucket', { burst: 5 }, 'body.burst'],
    ['a server that there is not', { what: { servers: ['fils'], tools: ['*'] } }, 'body.what.servers.0'],
  ];
  for (const [say, change, field] of WRONG)
    it(`of ${say} is refused by its field`, async () => {
      const refused = await limit('wrong', change);
      assert.equal(refused.errors[0]?.field, field, JSON.stringify(refused.errors));
    });

  it('is tried on calls: which rules count, and under which keys; nothing is enforced', async () => {
    const stored = [
      await limit('users', { priority: 300 }),
      await limit('tools', { per: 'tool', priority: 200, what: { servers: ['files'], tools: ['wr*'] } }),
      await limit('keys', { per: 'key' }),
      await limit('addresses', { per: 'address', when: 'request.address != "192.0.2.9"' }),
      await limit('off', { enabled: false }),
    ];
    assert.deepEqual(
      stored.map(({ status }) => status),
      [201, 201, 201, 201, 201],
    );
    interface Counts {
      readonly enforced: boolean;
      readonly questions: readonly {
        readonly answer: string;
        readonly rules: readonly { name: string; counts: string; key: string | null }[];
      }[];
    }
    const write = { as: 'user:uma', tool: 'write', endpoint: 'acme--files' };
    const { data } = await desk.ask<Counts>('ada', 'POST /api/v1/limit-rules/dry-run', {
      body: {
        rule: { name: 'tried', ...LIMIT, per: 'global', priority: 1 },
        questions: [
          { ...write, request: { address: '192.0.2.7' } },
          write,
          { ...write, tool: 'wipe' },
          { ...write, as: 'user:bob' },
        ],
      },
    });
    const told = data.questions.map(({ rules }) => rules.map(({ name, counts, key }) => `${name} ${counts} ${key}`));
    assert.deepEqual(told, [
      [
        'users yes user:uma',
        'tools yes tool:files.write',
        'addresses yes address:192.0.2.7',
        'keys no null',
        'tried yes global:*',
      ],
      [
        'users yes user:uma',
        'tools yes tool:files.write',
        'addresses depends address:?',
        'keys no null',
        'tried yes global:*',
      ],
      ['users yes user:uma', 'addresses depends address:?', 'keys no null', 'tried yes global:*'],
      [],
    ]);
    assert.deepEqual([data.enforced, data.questions.map(({ answer }) => answer)], [false, ['yes', 'yes', 'no', 'no']]);
    const conflicts = await desk.ask<{ items: readonly { name: string; coveredBy: { name: string } }[] }>(
      'ada',
      'GET /api/v1/limit-rules/conflicts',
    );
    assert.deepEqual(
      conflicts.data.items.map(({ name, coveredBy }) => [name, coveredBy.name]),
      [['keys', 'users']],
    );
  });
});
it('nothing went wrong inside', () => assert.deepEqual(desk.failures, []));
