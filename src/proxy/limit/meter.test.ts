import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import {
  codeRejected,
  freshCall,
  limitsWith,
  madeServer,
  madeSnapshot,
  sentMessage,
  targetOf,
} from '../../../test/rig/made.ts';
import type { MeteredCall, Permit, PermittedCall } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { NOBODY } from '../../model/principal.ts';
import type { Reply } from '../../model/reply.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { InFlight } from './in-flight.ts';
import { meter } from './meter.ts';

const OK: Reply = { status: 200, body: undefined, headers: [] };
const LIMITS = { callsPerPrincipalMax: 2, callTimeoutMs: 1_000, callTimeMaxMs: 5_000, questionTimeoutMs: 20_000 };

/** The ring around a core that answers when the test says so; time passes when the test says so. */
function world(t: TestContext, change = {}) {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let nowMs = 0;
  const wheel = new TimerWheel(() => nowMs);
  const limits = limitsWith({ ...LIMITS, ...change });
  const snapshot = madeSnapshot([madeServer('srv', { limits: { ...limits, callsPerServerMax: 1 } })], { limits });
  const inFlight = new InFlight();
  const open: { call: MeteredCall; answer: () => void }[] = [];
  const handler = meter({ snapshot: () => snapshot, wheel, inFlight })((call) => {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    open.push({ call, answer: () => resolve(OK) });
    call.cancellation.onCancel(reject);
    return promise;
  });
  const enter = (principal = 'local', server?: string, method = 'tools/call') => {
    const call = freshCall({ id: 1, method: 'tools/call' });
    const permitted: PermittedCall = {
      ...call,
      message: sentMessage({ id: 1, method }),
      principal: { ...NOBODY, id: principal, kind: 'token' },
      permit: { rule: 'test' } as Permit,
      endpointDefinition: {
        name: '',
        naming: 'prefixed',
        separator: '__',
        organisation: 'default',
        scopesSupported: [],
        servers: ['srv'],
      },
      target: server === undefined ? undefined : { ...targetOf('tools', 'x'), server },
    };
    return codeRejected(handler(permitted));
  };
  const pass = (ms: number) => {
    for (let left = ms; left > 0; left -= 50) {
      nowMs += 50;
      t.mock.timers.tick(50);
    }
  };
  const newest = () => {
    const last = open.at(-1);
    assert.ok(last);
    return last;
  };
  return { enter, open, newest, pass, inFlight };
}

const counts = ({ inFlight }: ReturnType<typeof world>) => [
  inFlight.principals.of('local'),
  inFlight.servers.of('srv'),
];

describe('calls at once', () => {
  test('are as many as a principal may have, and one more is refused', async (t) => {
    const { enter, open } = world(t);
    const inside = [enter('a'), enter('a')];
    assert.equal(await enter('a'), 'over_limit');
    inside.push(enter('b'));
    for (const { answer } of open) answer();
    assert.deepEqual(await Promise.all(inside), ['nothing', 'nothing', 'nothing']);
    const again = enter('a');
    open.at(-1)?.answer();
    assert.equal(await again, 'nothing');
  });
  test('are as many as a server may have, whoever calls, and one refused there costs no quota', async (t) => {
    const made = world(t);
    const inside = made.enter('local', 'srv');
    for (let i = 0; i < 5; i++) assert.equal(await made.enter('local', 'srv'), 'over_limit');
    assert.equal(await made.enter('b', 'srv'), 'over_limit');
    assert.deepEqual(counts(made), [1, 1]);
    made.newest().answer();
    await inside;
    assert.deepEqual(counts(made), [0, 0]);
  });
  test('are counted down when a call fails', async (t) => {
    const made = world(t);
    const inside = made.enter('local', 'srv');
    made.newest().call.cancellation.cancel(new GatewayError('upstream_lost'));
    assert.equal(await inside, 'upstream_lost');
    assert.deepEqual(counts(made), [0, 0]);
  });
  test('do not count streams that are meant to stay open', async (t) => {
    const made = world(t);
    for (let i = 0; i < 5; i++) made.enter('local', undefined, 'subscriptions/listen');
    assert.deepEqual([made.open.length, counts(made)], [5, [0, 0]]);
    made.pass(100_000);
    assert.ok(made.open.every(({ call }) => !call.cancellation.cancelled));
  });
});

describe('a call ends', () => {
  test('when it is silent for too long', async (t) => {
    const { enter, pass, newest } = world(t);
    const outcome = enter();
    pass(900);
    assert.equal(newest().call.cancellation.cancelled, false);
    pass(200);
    assert.equal(await outcome, 'upstream_timeout');
  });
  test('not while progress comes, but at its longest time at the latest', async (t) => {
    const { enter, pass, newest } = world(t);
    const outcome = enter();
    for (let i = 0; i < 9; i++) {
      pass(500);
      newest().call.timer.touch();
    }
    assert.equal(newest().call.cancellation.cancelled, false);
    newest().call.timer.touch();
    pass(600);
    assert.equal(await outcome, 'upstream_timeout');
  });
  test('not while a person is asked, and what they took does not count', async (t) => {
    const { enter, pass, newest } = world(t);
    const outcome = enter();
    pass(500);
    const release = newest().call.timer.hold();
    pass(15_000);
    newest().call.timer.touch();
    pass(4_000);
    assert.equal(newest().call.cancellation.cancelled, false);
    release();
    pass(900);
    assert.equal(newest().call.cancellation.cancelled, false);
    pass(200);
    assert.equal(await outcome, 'upstream_timeout');
  });
  test('when the last of two persons has been asked for too long', async (t) => {
    const { enter, pass, newest } = world(t);
    const outcome = enter();
    const releases = [newest().call.timer.hold(), newest().call.timer.hold()];
    releases[0]?.();
    pass(19_000);
    assert.equal(newest().call.cancellation.cancelled, false);
    pass(1_100);
    assert.equal(await outcome, 'upstream_timeout');
  });
  test('once: after its answer no clock runs, whatever comes late', async (t) => {
    const { enter, pass, newest } = world(t);
    const outcome = enter();
    const { call, answer } = newest();
    const release = call.timer.hold();
    answer();
    assert.equal(await outcome, 'nothing');
    release();
    call.timer.touch();
    pass(100_000);
    assert.equal(call.cancellation.cancelled, false);
  });
});
