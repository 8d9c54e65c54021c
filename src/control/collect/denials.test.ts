import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AdminError, type AdminErrorName } from '../../model/admin-errors.ts';
import type { Actor } from '../actor.ts';
import type { RefusedAct } from '../admin/app.ts';
import type { AdminRoute } from '../admin/route.ts';
import type { Audited, Write } from '../store/store.ts';
import { Denials } from './denials.ts';
import { denialOf } from './refused-acts.ts';

function actorOf(id: string, address = '192.0.2.1', organisation = 'default'): Actor {
  const user = { userId: undefined, username: undefined, sessionId: undefined, roles: [] };
  return { id, organisation, address, requestId: 'r-1', by: 'session', rights: new Set(), ...user };
}

function denying(limits = { collectQueueMax: 1_000, denialRowsMax: 20, denialRowsPerSourceMax: 3 }) {
  const rows: (Audited & { actor: Actor })[] = [];
  const hits: string[] = [];
  const denials = new Denials({
    store: {
      write: async (actor: Actor, { audit, changes, touched }: Write) => {
        assert.deepEqual([changes, touched], [[], []]);
        rows.push(...audit.map((audited) => ({ actor, ...audited })));
      },
    },
    limits: () => limits,
    onLimit: (limit) => hits.push(limit),
    onFailure: (_, error) => assert.fail(String(error)),
  });
  return { denials, rows, hits };
}

const DENIAL = { action: 'server.create', kind: 'servers', reason: 'forbidden' };

describe('refused attempts', () => {
  test('are rows with who, what and why, and no secret of what was asked', async () => {
    const { denials, rows } = denying();
    const asked = { name: 'a', headers: { authorization: 'canary' } };
    denials.add(actorOf('user:eve'), { ...DENIAL, targetId: 'srv_1', targetName: 'x'.repeat(9_999), asked });
    await denials.close(1_000);
    const [{ actor, targetName = '', ...row } = assert.fail()] = rows;
    assert.deepEqual([actor.id, targetName.length], ['user:eve', 300]);
    const after = { name: 'a', headers: { authorization: '***' } };
    assert.deepEqual(row, { ...DENIAL, outcome: 'denied', targetId: 'srv_1', before: undefined, after });
  });

  test('of a flood are counted, and do not hide those of others', async () => {
    const { denials, rows, hits } = denying();
    for (let n = 0; n < 1_000; n++) denials.add(actorOf('', '192.0.2.6'), DENIAL);
    denials.add(actorOf('user:eve'), { ...DENIAL, action: 'user.delete' });
    await denials.close(1_000);
    assert.deepEqual(
      rows.map(({ actor, action, reason }) => [actor.id, actor.address, action, reason]),
      [
        ...Array.from({ length: 3 }, () => ['', '192.0.2.6', 'server.create', 'forbidden']),
        ['user:eve', '192.0.2.1', 'user.delete', 'forbidden'],
        ['', '192.0.2.6', 'denied.more', '997 more within a minute; the last was server.create'],
      ],
    );
    assert.deepEqual(new Set(hits), new Set(['denialRowsPerSourceMax']));
    assert.equal(hits.length, 997);
  });

  test('of a flood from everywhere are bounded, too', async () => {
    const { denials, rows, hits } = denying();
    for (let n = 0; n < 5_000; n++) denials.add(actorOf('', `2001:db8::${n.toString(16)}`), DENIAL);
    await denials.close(1_000);
    assert.equal(rows.length, 21);
    assert.match(rows[20]?.reason ?? '', /^4980 more/);
    assert.equal(hits.filter((limit) => limit === 'denialRowsMax').length, 4_980);
  });

  test('are written one by one again when the minute is over', async () => {
    const { denials, rows } = denying();
    for (let minute = 0; minute < 2; minute++) {
      for (let n = 0; n < 4; n++) denials.add(actorOf('user:eve'), DENIAL);
      denials.endWindow();
    }
    await denials.close(1_000);
    assert.equal(rows.filter(({ action }) => action === 'server.create').length, 6);
    assert.equal(rows.filter(({ action }) => action === 'denied.more').length, 2);
  });
});

describe('what the admin API refuses is kept', () => {
  const ROWS: readonly (readonly [AdminErrorName, AdminRoute['method'], 'denied' | 'failed' | undefined])[] = [
    ['forbidden', 'GET', 'denied'],
    ['not_authenticated', 'POST', 'denied'],
    ['login_failed', 'POST', 'denied'],
    ['command_refused', 'POST', 'denied'],
    ['address_refused', 'PATCH', 'denied'],
    ['limited', 'POST', 'denied'],
    ['unavailable', 'DELETE', 'failed'],
    ['internal', 'POST', 'failed'],
    ['unavailable', 'GET', undefined],
    ['not_found', 'DELETE', undefined],
    ['parameter_wrong', 'POST', undefined],
  ];
  for (const [kind, method, outcome] of ROWS) {
    test(`${method} ${kind}: ${outcome ?? 'not, it is everyday'}`, () => {
      const error = new AdminError(kind, { faults: [{ field: 'body.url', say: 'No.' }], cause: new Error('canary') });
      const route = { id: 'createServer', tag: 'servers', method } as AdminRoute;
      const refused: RefusedAct = { route, actor: actorOf('user:eve'), params: { id: 'srv_1' }, error };
      const kept = { action: 'server.create', outcome, kind: 'servers', targetId: 'srv_1' };
      assert.deepEqual(denialOf(refused), outcome && { ...kept, reason: `${kind}; body.url: No.` });
    });
  }
});
