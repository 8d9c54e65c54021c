/*
 * The small parts of the rig: canary, raw requests, load loop, kill loop.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startCanary } from './canary.ts';
import { killLoop } from './kill-loop.ts';
import { loadLoop } from './load-loop.ts';
import { RawConnection, rawRequest } from './raw-request.ts';
import { startScripted } from './scripted-upstream.ts';

describe('the canary', () => {
  it('counts who comes and keeps what they say', async (t) => {
    const canary = await startCanary();
    t.after(() => canary.close());
    canary.assertUntouched();
    const { status } = await rawRequest({ port: canary.port, path: '/secret', body: '{}' });
    assert.equal(status, 200);
    assert.match(canary.received.toString(), /^POST \/secret HTTP\/1\.1\r\n/);
    assert.throws(() => canary.assertUntouched(), /secret/);
  });
});

describe('the raw request', () => {
  it('sends heads no library sends, and reads several answers from one connection', async (t) => {
    const up = await startScripted({ transport: 'http', revision: '2025-11-25', sessions: false });
    t.after(() => up.close());
    const twoHosts = [['Host', 'a'] as const, ['host', 'b'] as const];
    assert.equal((await rawRequest({ port: up.port, headers: twoHosts, body: '{}' })).status, 400);
    const connection = await RawConnection.open(up.port);
    t.after(() => connection.close());
    const json = [['Content-Type', 'application/json'] as const];
    const opened = await connection.send({
      headers: json,
      body: '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}',
    });
    assert.equal(opened.header('Content-Type'), 'application/json');
    const echoed = await connection.send({ headers: json, body: '{"jsonrpc":"2.0","id":"ü","method":"ping"}' });
    assert.deepEqual(JSON.parse(echoed.body), { jsonrpc: '2.0', id: 'ü', result: {} });
    assert.equal((await connection.send({ method: 'PATCH' })).status, 405);
    connection.write('rubbish\r\n\r\n');
    assert.equal((await connection.response()).status, 400);
    await connection.closed();
  });

  it('reads chunked answers', async (t) => {
    const up = await startScripted({ transport: 'http', revision: '2025-11-25', answerAs: 'sse' });
    t.after(() => up.close());
    const body = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}';
    const answer = await rawRequest({ port: up.port, headers: [['Content-Type', 'application/json']], body });
    assert.equal(answer.header('transfer-encoding'), 'chunked');
    assert.match(answer.body, /^event: message\ndata: \{.*\}\n\n$/);
  });
});

describe('the load loop', () => {
  it('keeps so many in flight, runs each call once, and counts failures', async () => {
    let inFlight = 0;
    let peak = 0;
    const seen = new Set<number>();
    const result = await loadLoop({
      inFlight: 4,
      count: 50,
      run: async (n) => {
        peak = Math.max(peak, ++inFlight);
        seen.add(n);
        await new Promise(setImmediate);
        inFlight -= 1;
        if (n % 10 === 0) throw new Error(`call ${n}`);
      },
    });
    assert.deepEqual([peak, seen.size, result.succeeded, result.failed, result.failures.length], [4, 50, 45, 5, 5]);
    assert.ok(result.percentileMs(0.5) <= result.percentileMs(0.99));
  });
});

describe('the kill loop', () => {
  const base = { command: 'sh', times: 2, ready: /^up$/, withinMs: 5, random: Math.random } as const;

  it('kills a family and finds it gone', async () => {
    const script = 'trap "kill 0" TERM; sleep 600 & echo up; wait';
    const rounds = await killLoop({ ...base, args: ['-c', script], signal: 'SIGTERM' });
    assert.deepEqual(
      rounds.map(({ familySize }) => familySize),
      [1, 1],
    );
  });

  it('fails when something is left', async (t) => {
    const script = 'sleep 600 & echo $! >&2; echo up; wait';
    const left = killLoop({ ...base, times: 1, args: ['-c', script], signal: 'SIGKILL', leftWithinMs: 20 });
    const error = await left.then(
      () => assert.fail('nothing was left'),
      (reason: Error) => reason,
    );
    const pid = Number(/(\d+) sleep 600/.exec(error.message)?.[1]);
    t.after(() => process.kill(pid, 'SIGKILL'));
    assert.match(error.message, /processes left behind/);
  });

  it('fails when the program ends by itself', async () => {
    await assert.rejects(
      killLoop({ ...base, args: ['-c', 'echo no; exit 3'], signal: 'SIGKILL' }),
      /ended \(3\) .*no/s,
    );
  });
});
