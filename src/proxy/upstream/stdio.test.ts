/*
 * The stdio transport against real children that behave, misbehave and die.
 *
 * Children are scripts given to node by `-e`; `LINES` gives them `readMessages`, `say` and `answer`. Waits of the transport are
 * shortened by `times`; no test measures time.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { assertNoneLeft, groupMembers, isAlive } from '../../../test/rig/process-watcher.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { ProcessGroups } from './process-groups.ts';
import { type StdioOptions, type StdioTransport, stdioTransport } from './stdio.ts';

const LINES = `
  const say = (value) => process.stdout.write(typeof value === 'string' ? value : JSON.stringify(value) + '\\n');
  const answer = (message, result) => say({ jsonrpc: '2.0', id: message.id, result: { value: result } });
  let rest = '';
  const readMessages = (onMessage) => process.stdin.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\\n');
    rest = lines.pop();
    for (const line of lines) onMessage(JSON.parse(line), line);
  });
`;

const ECHO = 'readMessages((message) => answer(message, message.params ?? {}));';

/** Long enough to be a bug when it is reached. */
const NEVER_MS = 60_000;
const GROUPS = new ProcessGroups([]);

const SOON = { termAfterMs: 20, killAfterMs: 20, stallMs: 20, drainMs: 20 };

const MEGABYTE = { text: 'x'.repeat(1024 * 1024) };

interface Started {
  readonly transport: StdioTransport;
  readonly strays: string[];
  readonly oddities: string[];
  readonly abandoned: string[];
  readonly lost: Promise<string>;
  readonly lostCount: () => number;
}

function start(t: TestContext, script: string, options: Partial<StdioOptions> = {}): Started {
  const strays: string[] = [];
  const oddities: string[] = [];
  const abandoned: string[] = [];
  const lost = Promise.withResolvers<string>();
  let count = 0;
  const transport = stdioTransport({
    command: process.execPath,
    args: ['-e', LINES + script],
    env: {},
    cwd: undefined,
    limits: { answerBytesMax: 1024 * 1024 },
    groups: GROUPS,
    events: {
      onStray: (message) => strays.push(message.bytes.toString('utf8')),
      onAbandoned: (id) => abandoned.push(`${id} given up`),
      onLateAnswer: (id) => abandoned.push(`${id} late`),
      onOddity: (what, _, times = 1) => oddities.push(...Array<string>(times).fill(what)),
      onLost: (loss) => {
        count++;
        lost.resolve(loss.say);
      },
    },
    ...options,
  });
  t.after(() => transport.close());
  return { transport, strays, oddities, abandoned, lost: lost.promise, lostCount: () => count };
}

function request(id: number | string, params: unknown = {}, method = 'echo'): Buffer {
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
}

async function call(
  { transport }: Pick<Started, 'transport'>,
  bytes: Buffer,
  cancellation = new Cancellation(),
): Promise<unknown> {
  const { id } = JSON.parse(bytes.toString('utf8')) as { id: number };
  const exchange = { id, bytes, headers: [], cancellation, onInterim: () => assert.fail() };
  return outcome((await transport.exchange(exchange)).message);
}

function outcome({ bytes, outcome: span }: Message): unknown {
  assert.ok(span);
  const result = JSON.parse(bytes.toString('utf8', span.start, span.end)) as Record<string, unknown>;
  return 'value' in result ? result.value : result;
}

function failsWith(promise: Promise<unknown>, code: string): Promise<void> {
  return assert.rejects(promise, (error) => error instanceof GatewayError && error.code === code);
}

const ok = { jsonrpc: '2.0', result: {} };

describe('the stdio transport carries messages', () => {
  it('an echo comes back byte for byte', async (t) => {
    const started = start(t, ECHO);
    const params = { text: 'grüße 🐙 \u2028', big: 12345678901 };
    assert.deepEqual(await call(started, request(1, params)), params);
    assert.deepEqual(started.oddities, []);
  });

  it('answers that come in another order find their calls', async (t) => {
    const script = `const all = []; readMessages((message) => {
      all.unshift(message);
      if (all.length === 4) for (const each of all) answer(each, { was: each.id });
    });`;
    const started = start(t, script);
    const ids = [0, 65, 1, Number.MAX_SAFE_INTEGER];
    const answers = await Promise.all(ids.map((id) => call(started, request(id))));
    assert.deepEqual(
      answers,
      ids.map((id) => ({ was: id })),
    );
  });

  it('many calls at once share few writes and all come back', async (t) => {
    const started = start(t, ECHO);
    const calls = Array.from({ length: 5_000 }, (_, n) => call(started, request(n, { n })));
    assert.deepEqual(
      await Promise.all(calls),
      calls.map((_, n) => ({ n })),
    );
  });

  it('a line that arrives in pieces, cut inside a character, is one message', async (t) => {
    const script = `readMessages((message) => {
      const line = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: message.id, result: { text: 'ä🐙ß' } }) + '\\r\\n');
      let at = 0;
      const next = () => at < line.length && process.stdout.write(line.subarray(at, ++at), () => setImmediate(next));
      next();
    });`;
    assert.deepEqual(await call(start(t, script), request(1)), { text: 'ä🐙ß' });
  });

  it('a pretty-printed request reaches the child as one line', async (t) => {
    const started = start(t, `readMessages((message, line) => answer(message, { line }));`);
    const pretty = Buffer.from(JSON.stringify(JSON.parse(request(1, { a: 'x\ny' }).toString()), undefined, 2));
    const { line } = (await call(started, pretty)) as { line: string };
    assert.equal(line, pretty.toString().replaceAll('\n', ' '));
  });

  it('a message much larger than the pipe goes through both ways', async (t) => {
    const started = start(t, ECHO);
    const params = { text: 'x'.repeat(900_000) };
    assert.deepEqual(await call(started, request(1, params)), params);
  });

  it('a post resolves when the pipe has taken it, and arrives before what is sent later', async (t) => {
    const script = `const seen = []; readMessages((message) => message.id ? answer(message, seen) : seen.push(message.method));`;
    const started = start(t, script);
    await started.transport.post(Buffer.from('{"jsonrpc":"2.0","method":"notifications/initialized"}'), []);
    assert.deepEqual(await call(started, request(1)), ['notifications/initialized']);
  });

  it('requests and notifications of the child go to the owner', async (t) => {
    const script = `readMessages((message) => {
      say({ jsonrpc: '2.0', method: 'notifications/message', params: {} });
      say([{ jsonrpc: '2.0', id: 7, method: 'ping' }, { jsonrpc: '2.0', id: message.id, result: {} }]);
    });`;
    const started = start(t, script);
    assert.deepEqual(await call(started, request(1)), {});
    assert.deepEqual(
      started.strays.map((text) => JSON.parse(text).method),
      ['notifications/message', 'ping'],
    );
  });
});

describe('the stdio transport bears bad children', () => {
  it('rubbish on stdout is dropped and counted, and the call goes on', async (t) => {
    const script = `say('Server listening...\\n\\n\\xff\\n{"jsonrpc":\\n'); ${ECHO}`;
    const started = start(t, script);
    assert.deepEqual(await call(started, request(1)), {});
    assert.deepEqual(started.oddities, Array(3).fill('line is not a message'));
  });

  it('a flood of rubbish is counted to the last line, and an answer in the middle of it arrives', async (t) => {
    const script = `readMessages((message) => { const flood = 'no message\\n{\\n[\\n'.repeat(100_000);
      process.stdout.write(flood); answer(message, 'here'); process.stdout.write(flood + JSON.stringify(${JSON.stringify(
        { jsonrpc: '2.0', method: 'end' },
      )}) + '\\n'); });`;
    const started = start(t, script);
    assert.equal(await call(started, request(1)), 'here');
    while (started.strays.length === 0) await new Promise(setImmediate);
    assert.equal(started.oddities.length, 600_000);
  });

  it('an answer nobody waits for, and a second answer, are odd', async (t) => {
    const script = `readMessages((message) => { say({ jsonrpc: '2.0', id: 99, result: {} });
      answer(message, 1); answer(message, 2); });`;
    const started = start(t, script);
    assert.equal(await call(started, request(1)), 1);
    assert.equal(await call(started, request(2)), 1);
    assert.deepEqual(started.oddities.slice(0, 3), Array(3).fill('answer to nothing'));
  });

  it('an answer that is no valid message fails its call when its id can be read', async (t) => {
    const started = start(t, `readMessages((message) => say({ jsonrpc: '2.0', id: message.id, result: 'text' }));`);
    await failsWith(call(started, request(1)), 'upstream_invalid');
    assert.deepEqual(started.oddities, ['line is not a message']);
  });

  const overhead = JSON.stringify({ ...ok, id: 1, result: { text: '' } }).length;
  const limits = { answerBytesMax: 4096 };
  for (const place of ['first', 'last'] as const) {
    const script = `readMessages((message) => {
      const result = { text: 'x'.repeat(message.params.n) };
      say(${place === 'first' ? `{ jsonrpc: '2.0', id: message.id, result }` : `{ result, jsonrpc: '2.0', id: message.id }`});
    });`;
    it(`a line at the limit passes, one byte more fails its call, when the id stands ${place}`, async (t) => {
      const started = start(t, script, { limits });
      const n = limits.answerBytesMax - overhead;
      assert.deepEqual(await call(started, request(1, { n })), { text: 'x'.repeat(n) });
      await failsWith(call(started, request(2, { n: n + 1 })), 'upstream_too_large');
      await failsWith(call(started, request(3, { n: 1_000_000 })), 'upstream_too_large');
      assert.deepEqual(await call(started, request(4, { n: 1 })), { text: 'x' });
      assert.deepEqual(started.oddities, Array(2).fill('line is too long'));
    });
  }

  it('calls in flight are lost when the child exits, its last words count, and the owner hears it once', async (t) => {
    const script = `readMessages((message) => { if (message.id === 2) { answer({ id: 1 }, 'last words'); process.exit(3); } });`;
    const started = start(t, script);
    const first = call(started, request(1));
    await Promise.all([
      failsWith(call(started, request(2)), 'upstream_lost'),
      failsWith(call(started, request(3)), 'upstream_lost'),
    ]);
    assert.equal(await first, 'last words');
    assert.equal(await started.lost, 'The server exited with code 3.');
    await failsWith(call(started, request(4)), 'upstream_down');
    await failsWith(started.transport.post(Buffer.from('{}'), []), 'upstream_down');
    await started.transport.close();
    assert.equal(started.lostCount(), 1);
  });

  it('a child that was killed is lost', async (t) => {
    const started = start(t, `readMessages(() => process.kill(process.pid, 'SIGKILL'));`);
    await failsWith(call(started, request(1)), 'upstream_lost');
    assert.equal(await started.lost, 'The server was ended by SIGKILL.');
  });

  it('a child that closes its output but lives on is lost and ended', async (t) => {
    const started = start(t, `require('fs').closeSync(1); setInterval(() => {}, 1000); process.stdin.resume();`, {
      times: SOON,
    });
    await failsWith(call(started, request(1)), 'upstream_lost');
    assert.equal(await started.lost, 'The server closed its pipes.');
    await assertNoneLeft(() => groupMembers(started.transport.pid ?? 0));
  });

  it('a child that never reads is killed when a write has waited too long for it', async (t) => {
    const started = start(t, `setInterval(() => {}, 1000);`, { times: SOON });
    const ends = await Promise.allSettled([0, 1].map((n) => call(started, request(n, MEGABYTE))));
    const codes = ends.map((end) => (end.status === 'rejected' ? (end.reason as GatewayError).code : 'answered'));
    assert.deepEqual(
      codes,
      ['upstream_lost', 'upstream_down'],
      'the pipe has a part of the first, not a byte of the second',
    );
    assert.equal(await started.lost, 'The server does not read its input.');
    await assertNoneLeft(() => groupMembers(started.transport.pid ?? 0));
  });

  it('a child that is busy is not, as long as the pipe has room', async (t) => {
    const busy = `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300); ${ECHO}`;
    const started = start(t, busy, { times: SOON });
    const calls = Array.from({ length: 100 }, (_, n) => call(started, request(n, { n })));
    assert.equal((await Promise.all(calls)).length, 100);
  });

  it('nor is one that reads slowly', async (t) => {
    const slowly = `const { readSync } = require('fs'); const room = Buffer.alloc(65536); let all = '';
      while (!all.endsWith('\\n')) { all += room.toString('utf8', 0, readSync(0, room)); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30); }
      answer(JSON.parse(all), all.length);`;
    const started = start(t, slowly, { times: { ...SOON, stallMs: 1_000 } });
    const long = { text: MEGABYTE.text.repeat(4) };
    assert.equal(await call(started, request(1, long)), request(1, long).length + 1);
  });

  it('a command that does not exist is named, and nothing was delivered', async (t) => {
    const started = start(t, '', { command: 'no-such-program-anywhere' });
    await assert.rejects(call(started, request(1)), (error) => {
      assert.ok(error instanceof GatewayError);
      assert.deepEqual(
        [error.code, error.internal.command, error.internal.code],
        ['upstream_down', 'no-such-program-anywhere', 'ENOENT'],
      );
      assert.doesNotMatch(inspect(error, { depth: 9 }), /LINES|readMessages/, 'arguments may be secrets');
      return true;
    });
    assert.match(await started.lost, /"no-such-program-anywhere" could not be started/);
    assert.equal(started.transport.pid, undefined);
  });

  it('a missing working directory is told apart from a missing command', async (t) => {
    const started = start(t, ECHO, { cwd: '/nowhere/at/all' });
    await failsWith(call(started, request(1)), 'upstream_down');
    assert.match(await started.lost, /working directory/);
  });

  it('an argument that no process can get is a failed start, not a crash', async (t) => {
    const started = start(t, '', { args: ['a\0b'] });
    await failsWith(call(started, request(1)), 'upstream_down');
    await started.lost;
  });
});

describe('the stdio transport and cancelled calls', () => {
  const LATE = `let held; readMessages((message) => { if (!held) { held = message; return say({ jsonrpc: '2.0', method: 'held' }); }
    answer(held, 'late'); answer(message, 'now'); });`;

  it('a late answer to a cancelled call is dropped, and the owner hears that the call is over at last', async (t) => {
    const cancellation = new Cancellation();
    const started = start(t, LATE);
    const cancelled = call(started, request(1), cancellation);
    while (started.strays.length === 0) await new Promise(setImmediate);
    cancellation.cancel(new GatewayError('call_cancelled'));
    await failsWith(cancelled, 'call_cancelled');
    assert.deepEqual(started.abandoned, ['1 given up']);
    assert.equal(await call(started, request(2)), 'now');
    assert.deepEqual([started.abandoned, started.oddities], [['1 given up', '1 late'], []]);
  });

  it('a call cancelled before it is written is never sent', async (t) => {
    const cancellation = new Cancellation();
    const started = start(
      t,
      `const seen = []; readMessages((message) => { seen.push(message.id); answer(message, seen); });`,
    );
    const cancelled = call(started, request(1), cancellation);
    cancellation.cancel(new GatewayError('call_cancelled'));
    await failsWith(cancelled, 'call_cancelled');
    await failsWith(call(started, request(2), cancellation), 'call_cancelled');
    assert.deepEqual(await call(started, request(3)), [3]);
    assert.deepEqual(started.abandoned, []);
  });
});

describe('the end of a child', () => {
  it('one that ends with its stdin is not signalled, and what was posted before arrives', async (t) => {
    const script = `const seen = []; process.on('SIGTERM', () => seen.push('SIGTERM'));
      readMessages((message) => seen.push(message.method)); process.stdin.on('end', () => { process.stderr.write(seen.join()); });`;
    const times = { termAfterMs: NEVER_MS, killAfterMs: NEVER_MS };
    const started = start(t, script, { times });
    const posted = started.transport.post(Buffer.from('{"method":"bye"}'), []);
    const inFlight = failsWith(call(started, request(1)), 'upstream_down');
    await started.transport.close();
    await Promise.all([posted, inFlight]);
    assert.equal(started.transport.stderrTail(), 'bye');
    assert.equal(started.lostCount(), 0);
    await failsWith(call(started, request(2)), 'upstream_down');
  });

  it('one that ignores its stdin and SIGTERM is killed', async (t) => {
    const script = `process.on('SIGTERM', () => process.stderr.write('no.')); setInterval(() => {}, 1000); ${ECHO}`;
    const started = start(t, script, { times: { termAfterMs: 5, killAfterMs: 300 } });
    await call(started, request(1));
    const inFlight = failsWith(call(started, request(2)), 'upstream_down');
    await Promise.all([started.transport.close(), started.transport.close(), inFlight]);
    assert.equal(started.transport.stderrTail(), 'no.');
    assert.deepEqual(groupMembers(started.transport.pid ?? 0), []);
  });

  const GRANDCHILD = `const { spawn } = require('child_process');
    const grandchild = spawn('sh', ['-c', "trap '' TERM HUP; while :; do sleep 1; done"], { stdio: 'inherit' });`;

  it('a grandchild that ignores everything does not outlive close', async (t) => {
    const started = start(t, `${GRANDCHILD} readMessages((message) => answer(message, grandchild.pid));`, {
      times: SOON,
    });
    const grandchildPid = Number(await call(started, request(1)));
    assert.ok(isAlive(grandchildPid));
    await started.transport.close();
    assert.deepEqual(groupMembers(started.transport.pid ?? 0), []);
    assert.equal(isAlive(grandchildPid), false);
  });

  it('a grandchild does not outlive a child that exits by itself', async (t) => {
    const started = start(t, `${GRANDCHILD} readMessages(() => process.exit(0));`);
    await failsWith(call(started, request(1)), 'upstream_lost');
    await assertNoneLeft(() => groupMembers(started.transport.pid ?? 0));
  });

  it('children do not outlive a gateway that exits without closing them', async () => {
    const module = (path: string) => new URL(path, import.meta.url).href;
    const script = `import { stdioTransport } from '${module('./stdio.ts')}';
      import { ProcessGroups } from '${module('./process-groups.ts')}';
      const groups = new ProcessGroups([]);
      const events = { onStray() {}, onLost() {}, onAbandoned() {}, onLateAnswer() {}, onOddity() {} };
      const { pid } = stdioTransport({ command: 'sleep', args: ['600'], env: {}, cwd: undefined, limits: { answerBytesMax: 1024 }, events, groups });
      process.stdout.write(String(pid), () => process.exit(0));`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [printed] = (await once(owner.stdout, 'data')) as [Buffer];
    await assertNoneLeft(() => groupMembers(Number(printed.toString())));
  });
});

describe('what a child sees and says', () => {
  it('it gets its own variables and the allowed ones, and none of the gateway', async (t) => {
    process.env.GATEWAY_SECRET_FOR_TEST = 'secret';
    t.after(() => delete process.env.GATEWAY_SECRET_FOR_TEST);
    const started = start(t, 'readMessages((message) => answer(message, process.env));', { env: { TOKEN: 'own' } });
    const seen = (await call(started, request(1))) as Record<string, string>;
    assert.equal(seen.TOKEN, 'own');
    assert.equal(seen.PATH, process.env.PATH);
    assert.equal(seen.GATEWAY_SECRET_FOR_TEST, undefined);
  });

  it('the last 64 KiB of stderr are kept', async (t) => {
    const script = `process.stdin.resume().on('end', () => process.stderr.write('a'.repeat(70_000) + 'b'.repeat(60_000) + 'END'));`;
    const started = start(t, script, { times: { termAfterMs: NEVER_MS } });
    await started.transport.close();
    const tail = started.transport.stderrTail();
    assert.equal(tail, `${'a'.repeat(64 * 1024 - 60_003) + 'b'.repeat(60_000)}END`);
  });
});
