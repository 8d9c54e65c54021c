/*
 * The kill switch over the API: what it may be thrown on and by whom, what holds afterwards, and what is written down.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Somebody } from '../../../../test/rig/desk-people.ts';
import { openPlaneDesk } from '../../../../test/rig/desk-plane.ts';
import { keyIdIn } from '../../../model/key-text.ts';
import { isKilled } from '../../../model/overlay.ts';

const FILE = `
servers:
  files: { url: http://127.0.0.1:1/mcp, organisation: acme, visibility: public }
  theirs: { url: http://127.0.0.1:1/other, organisation: beta, visibility: shared }
auth:
  issuers: [{ issuer: https://id.example, jwksUri: https://id.example/keys, audiences: [x] }]
access:
  organisations: { acme: {}, beta: {} }
`;

const desk = await openPlaneDesk({ file: FILE });
after(() => desk.close());
desk.has('files', ['read', 'write']);

interface Kill {
  readonly kind: string;
  readonly target: string;
  readonly reason: string;
  readonly by: string | null;
}
const kill = (who: Somebody, what: string) =>
  desk.ask<Kill>(who, `PUT /api/v1/kill/${what}`, { body: { reason: 'because' } });
const revive = (who: Somebody, what: string) => desk.ask(who, `DELETE /api/v1/kill/${what}`);
const list = async (who: Somebody) => (await desk.ask<{ items: readonly Kill[] }>(who, 'GET /api/v1/kill')).data.items;
const keyOf = (who: Somebody) => keyIdIn(desk.tokens[who]) ?? '';
const encoded = (text: string) => `~${Buffer.from(text).toString('base64url')}`;

describe('who may throw it on what', () => {
  const rows: readonly [say: string, who: Somebody, what: () => string, status: number][] = [
    ['a server of the organisation', 'ada', () => 'server/files', 200],
    ['a shared server of another one', 'ada', () => 'server/theirs', 404],
    ['a server that there is not', 'ada', () => 'server/nothing', 404],
    ['a tool, also one that is not listed now', 'ada', () => 'tool/files.later', 200],
    ['a tool of another organisation', 'ada', () => 'tool/theirs.read', 404],
    ['a tool without a server', 'ada', () => 'tool/read', 404],
    ['a tool whose name stands in no path', 'ada', () => `tool/${encoded('files.a/b c')}`, 200],
    ['a member', 'ada', () => 'principal/user:uma', 200],
    ['a member, by a key that may write', 'ada-write', () => 'principal/user:eva', 200],
    ['a member, by a key that may only read', 'ada-read', () => 'principal/user:eva', 403],
    ['somebody of another organisation', 'ada', () => 'principal/user:bob', 404],
    ['who an issuer knows', 'ada', () => `principal/${encoded('https://id.example|7')}`, 200],
    ['who nobody knows', 'ada', () => `principal/${encoded('https://else.example|7')}`, 404],
    ['the local user', 'ada', () => 'principal/local', 404],
    ['oneself', 'ada', () => 'principal/user:ada', 409],
    ['the key that one comes with', 'ada-write', () => `key/${keyOf('ada-write')}`, 409],
    ['oneself, with a key of one’s own', 'ada-write', () => 'principal/user:ada', 409],
    ['a key of the organisation', 'ada', () => `key/${keyOf('uma-write')}`, 200],
    ['a key of another organisation', 'bob', () => `key/${keyOf('uma-write')}`, 404],
    ['a key that there is not', 'ada', () => 'key/abcdef12', 404],
    ['a kind that there is not', 'ada', () => 'thing/x', 400],
    ['by somebody who manages nothing', 'uma', () => 'tool/files.read', 403],
    ['the last system_admin, by themselves', 'root', () => 'principal/user:root', 409],
  ];
  for (const [say, who, what, status] of rows)
    it(`${say}: ${status}`, async () => {
      const target = what();
      const { status: told, text } = await kill(who, target);
      assert.equal(told, status, text);
      if (told === 200) assert.equal((await revive(who, target)).status, 200);
    });

  it('a system_admin, by nobody but a system_admin', async () => {
    const { userId } = await madeUser('boss', 'acme', ['system_admin']);
    assert.ok(userId);
    assert.equal((await kill('ada', 'principal/user:boss')).status, 403);
    assert.equal((await kill('root', 'principal/user:boss?organisation=acme')).status, 200);
    assert.equal((await revive('root', 'principal/user:boss?organisation=acme')).status, 200);
  });
});

describe('what it holds', () => {
  it('is refused in the snapshot that goes out with the answer, here and not elsewhere; and who did it is shown', async () => {
    await kill('ada', 'tool/files.write');
    await kill('ada', 'principal/user:uma');
    const { overlay } = desk.parts.publisher.snapshot();
    assert.ok(overlay.tools.has('files.write'));
    assert.deepEqual(
      ['acme', 'beta'].map((organisation) => isKilled(overlay, organisation, ['user:uma'])),
      [true, false],
    );
    assert.deepEqual((await list('ada')).map(({ kind, target, reason, by }) => [kind, target, reason, by]).sort(), [
      ['principal', 'user:uma', 'because', 'user:ada'],
      ['tool', 'files.write', 'because', 'user:ada'],
    ]);
    assert.deepEqual(await list('bob'), []);
  });

  it('ends logins of the API, and its keys; and gives both back', async () => {
    for (const who of ['uma', 'uma-write'] as const)
      assert.equal((await desk.ask(who, 'GET /api/v1/tools')).status, 401);
    assert.equal((await revive('ada', 'principal/user:uma')).status, 200);
    for (const who of ['uma', 'uma-write'] as const)
      assert.equal((await desk.ask(who, 'GET /api/v1/tools')).status, 200);
  });

  it('is not to be called by who is asked about: explained as refused', async () => {
    const question = { as: 'user:uma', tool: 'write', endpoint: 'acme--files' };
    const ask = async () =>
      (await desk.ask<{ answer: string }>('ada', 'POST /api/v1/explain', { body: question })).data.answer;
    assert.equal(await ask(), 'no');
    await revive('ada', 'tool/files.write');
    assert.equal(await ask(), 'yes');
  });

  it('may be thrown again with another reason, and taken back once', async () => {
    await kill('ada', 'server/files');
    const again = await desk.ask<Kill>('ada', 'PUT /api/v1/kill/server/files', { body: { reason: 'another' } });
    assert.deepEqual([again.status, again.data.reason, (await list('ada')).length], [200, 'another', 1]);
    assert.equal((await revive('bob', 'server/files')).status, 404);
    assert.equal((await revive('ada', 'server/files')).status, 200);
    assert.equal((await revive('ada', 'server/files')).status, 404);
  });

  it('is in the audit, with what was before and after', async () => {
    const { items } = (
      await desk.ask<{ items: readonly { targetName: string; actor: string; before: unknown; after: unknown }[] }>(
        'ada',
        'GET /api/v1/audit?action=kill.set&limit=2',
      )
    ).data;
    assert.deepEqual(
      items.map(({ targetName, actor, before, after: now }) => [targetName, actor, before, now]),
      [
        ['server files', 'user:ada', { state: 'killed', reason: 'because' }, { state: 'killed', reason: 'another' }],
        ['server files', 'user:ada', null, { state: 'killed', reason: 'because' }],
      ],
    );
  });
});

async function madeUser(username: string, organisation: string, roles: readonly string[]) {
  const { users, memberships } = await import('../../store/queries/people.ts');
  const { seederIn } = await import('../../../../test/rig/desk-people.ts');
  const actor = seederIn(organisation);
  const blank = {
    displayName: '',
    email: '',
    passwordHash: '',
    mustChangePassword: 0,
    disabled: 0,
    sessionsNotBeforeMs: 0,
  };
  const user = users.fresh(actor, { ...blank, username }, 1);
  const member = memberships.fresh(actor, { userId: user.id, rolesJson: JSON.stringify(roles) }, 1);
  for (const [kind, id, change] of [
    ['users', user.id, users.insert(actor, user)],
    ['memberships', member.id, memberships.insert(actor, member)],
  ] as const)
    await desk.store.write(actor, { changes: [change], touched: [{ kind, id, organisation }], audit: [] });
  await desk.parts.publisher.settled();
  return { userId: user.id };
}

it('nothing went wrong inside', () => assert.deepEqual(desk.failures, []));
