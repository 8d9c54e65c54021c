import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { codeThrown, freshCall, limitsWith, NO_CLIENT } from '../../../test/rig/made.ts';
import type { Event } from '../../model/event.ts';
import { LOCAL_USER, NOBODY, type Principal } from '../../model/principal.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { Sessions } from './sessions.ts';

const ANN: Principal = { ...NOBODY, id: 'token:ann', kind: 'token' };

function world(t: TestContext) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let nowMs = 0;
  const wheel = new TimerWheel(() => nowMs);
  const events: Event[] = [];
  const limits = limitsWith({ sessionsMax: 3, sessionsPerPrincipalMax: 2, sessionIdleMs: 1_000 });
  const sessions = new Sessions({ limits: () => limits, wheel, emit: (event) => events.push(event) });
  const open = (principal = LOCAL_USER, endpoint = 'srv') =>
    sessions.open({ principal, endpoint, door: 'mcp-http', revision: '2025-11-25', client: NO_CLIENT });
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= 50) {
      nowMs += 50;
      t.mock.timers.tick(50);
    }
  };
  return { sessions, open, pass, events };
}

describe('a session', () => {
  test('is found by its id, by its owner, at its endpoint, and by nobody else anywhere', (t) => {
    const { sessions, open } = world(t);
    const session = open();
    assert.match(session.id, /^[A-Za-z0-9_-]{22}$/);
    assert.equal(sessions.of(session.id, { principal: LOCAL_USER }, 'srv'), session);
    assert.equal(sessions.of(session.id, { principal: ANN }, 'srv'), undefined);
    assert.equal(sessions.of(session.id, { principal: LOCAL_USER }, 'other'), undefined);
    for (const id of ['', '__proto__', 'constructor', session.id.toLowerCase()]) {
      assert.equal(sessions.of(id, { principal: LOCAL_USER }, 'srv'), undefined);
      assert.equal(sessions.byId(id), undefined);
    }
  });
  test('has an id like no other', (t) => {
    const { sessions, open } = world(t);
    const ids = new Set<string>();
    for (let i = 0; i < 1_000; i++) {
      const session = open();
      ids.add(session.id);
      sessions.end(session);
    }
    assert.equal(ids.size, 1_000);
  });
  test('ends once, and is unknown from then on', (t) => {
    const { sessions, open } = world(t);
    const session = open();
    sessions.end(session);
    sessions.end(session);
    assert.deepEqual([sessions.size, sessions.byId(session.id)], [0, undefined]);
    open();
    open();
    assert.equal(
      codeThrown(() => open()),
      'too_many_sessions',
    );
  });
});

describe('there are', () => {
  test('as many sessions of one principal as allowed, and not one more', (t) => {
    const { open } = world(t);
    open();
    open();
    assert.equal(
      codeThrown(() => open()),
      'too_many_sessions',
    );
    assert.equal(
      codeThrown(() => open(ANN)),
      'nothing',
    );
  });
  test('as many sessions as allowed of all together, and a refused one costs its principal nothing', (t) => {
    const { sessions, open } = world(t);
    const first = open();
    open();
    open(ANN);
    for (let i = 0; i < 3; i++)
      assert.equal(
        codeThrown(() => open(ANN)),
        'too_many_sessions',
      );
    sessions.end(first);
    assert.equal(
      codeThrown(() => open(ANN)),
      'nothing',
    );
  });
});

describe('a session that nobody uses', () => {
  test('ends after its idle time, is counted, and makes room', (t) => {
    const { sessions, open, pass, events } = world(t);
    const session = open();
    open();
    pass(900);
    sessions.of(session.id, { principal: LOCAL_USER }, 'srv');
    pass(800);
    assert.deepEqual([sessions.size, events.length], [1, 1]);
    assert.deepEqual(events[0], { type: 'limit_hit', limit: 'sessionIdleMs', principal: 'local' });
    pass(1_000);
    assert.equal(sessions.size, 0);
  });
  test('stays while its stream is open or a call is in flight', (t) => {
    const { sessions, open, pass } = world(t);
    const [streaming, calling] = [open(), open()];
    const stream = { send: () => {}, close: () => {} };
    const call = freshCall({ id: 1, method: 'ping' });
    streaming.attach(stream);
    calling.entered(call);
    pass(10_000);
    assert.equal(sessions.size, 2);
    streaming.detach(stream);
    calling.left(call);
    pass(1_500);
    assert.equal(sessions.size, 0);
  });
});

test('when all stop, every session ends', (t) => {
  const { sessions, open, pass } = world(t);
  const stream = { closed: 0, send: () => {}, close: () => void stream.closed++ };
  open().attach(stream);
  sessions.stop();
  pass(5_000);
  assert.deepEqual([sessions.size, stream.closed], [0, 1]);
});
