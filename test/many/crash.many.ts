/*
 * One process is killed under 64 calls in flight: only its calls fail, by name and soon, and soon a call succeeds again.
 *
 * Beside it another server is called all the time, and another caller's process of the same server has a call of its own
 * in flight: neither may notice. Each round says what it took.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { failureOf, openStage } from '../flow/stage.ts';
import { loadLoop } from '../rig/load-loop.ts';
import { isAlive } from '../rig/process-watcher.ts';
import { textOf } from '../rig/raw-client.ts';
import { startScripted } from '../rig/scripted-upstream.ts';

const FULL = process.env.GATEWRIGHT_FULL !== undefined;
const ROUNDS = FULL ? 20 : 3;
const IN_FLIGHT = 64;
/** A machine that does other things besides gets more time; the figures hold in the full run. */
const SLACK = FULL ? 1 : 4;
const FAILED_WITHIN_MS = 250 * SLACK;
const GOOD_WITHIN_MS = 2_000 * SLACK;

const up = {
  victim: await startScripted({ revision: '2025-11-25', transport: 'stdio' }),
  beside: await startScripted({ revision: '2025-11-25', transport: 'stdio' }),
};
// More than one end a minute is not what this is about.
const stage = await openStage(up, { entries: { victim: { restartsMax: 1_000 } } });
after(() => stage.close());
const client = await stage.legacy('victim');
const able = await stage.legacy('victim', { capabilities: { elicitation: { form: {} } } });
const other = await stage.legacy('beside');

const slow = (ms: number) => ({ name: 'slow', arguments: { ms } });

/** The calls have arrived, and the spared one; looked at now and then, for to look at each message would take longer than what is measured. */
async function arrived(before: number): Promise<void> {
  while (up.victim.received.all.length < before + IN_FLIGHT + 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

async function callsUntilGood(): Promise<number> {
  const fromMs = performance.now();
  for (;;) {
    const { answer } = await client.call('tools/call', { name: 'echo', arguments: { good: true } });
    if (textOf(answer) === '{"good":true}') return performance.now() - fromMs;
    assert.match(String(failureOf(answer)), /^upstream_(down|lost)$/);
  }
}

/** Calls the server beside until told to stop. */
function callBeside() {
  let stopped = false;
  let n = 0;
  const lane = async () => {
    while (!stopped) {
      const input = { n: n++ };
      const { answer } = await other.call('tools/call', { name: 'echo', arguments: input });
      assert.equal(textOf(answer), JSON.stringify(input));
    }
  };
  const lanes = Promise.all(Array.from({ length: 4 }, lane));
  return async () => {
    stopped = true;
    await lanes;
    return n;
  };
}

/** 64 calls at the victim, which is killed under them; all must fail by name. How long the last one took. */
async function killUnderCalls(): Promise<number> {
  const pid = ownPid();
  const known = up.victim.received.all.length;
  const calls = loadLoop({
    inFlight: IN_FLIGHT,
    count: IN_FLIGHT,
    run: async () => {
      const { status, answer } = await client.call('tools/call', slow(600_000));
      assert.deepEqual([status, failureOf(answer)], [200, 'upstream_lost']);
    },
  });
  await arrived(known);
  const killedMs = performance.now();
  process.kill(pid, 'SIGKILL');
  const { failures, succeeded } = await calls;
  assert.deepEqual([failures, succeeded], [[], IN_FLIGHT]);
  return performance.now() - killedMs;
}

/** The other caller's came second and lives on. */
function ownPid(): number {
  return up.victim.pids.filter((_, at) => at !== 1).at(-1) as number;
}

// The process of the other caller is there before the first kill.
assert.equal(textOf((await able.call('tools/call', { name: 'echo' })).answer), '{}');

describe(`a process killed under ${IN_FLIGHT} calls`, () => {
  for (let round = 1; round <= ROUNDS; round++) {
    it(`round ${round} of ${ROUNDS}: only its calls fail, by name, and the next is served by a new process`, async (t) => {
      const stopBeside = callBeside();
      const spared = able.call('tools/call', slow(500));
      const failedMs = await killUnderCalls();
      const goodMs = await callsUntilGood();
      assert.equal(textOf((await spared).answer), 'slept');
      const beside = await stopBeside();
      const took = [failedMs, goodMs].map((ms) => ms.toFixed(0));
      t.diagnostic(`all failed after ${took[0]} ms, good again after ${took[1]} ms; ${beside} calls beside`);
      assert.ok(beside > 0);
      assert.ok(failedMs <= FAILED_WITHIN_MS, `the last call failed after ${failedMs} ms`);
      assert.ok(goodMs <= GOOD_WITHIN_MS, `a call was good after ${goodMs} ms`);
    });
  }

  it('and the other caller had one process throughout', () => {
    assert.equal(up.victim.pids.length, ROUNDS + 2);
    assert.ok(isAlive(up.victim.pids[1] as number));
  });
});
