/*
 * What `serve` does around a gateway: it never waits for servers, tells each change once, and a second signal ends it.
 * The gateway here is one that does what a row says, when it says; the real one is started in `cli.test.ts`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { parseConfig } from '../config/load.ts';
import { runCli } from './cli.ts';
import type { CliIo, ServerStatus } from './io.ts';
import { startFailure } from './serve.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-serve-'));
after(() => rmSync(folder, { recursive: true }));
const config = join(folder, 'gatewright.yaml');
writeFileSync(
  config,
  'servers: {slow: {command: x}, quick: {command: x}}\nauth: {tokens: [{name: a, token: correct-horse-battery-staple-and-more}]}\n',
);

const READY: ServerStatus = {
  name: 'quick',
  transport: 'stdio',
  state: 'ready',
  revision: '2025-11-25',
  tools: 2,
  prompts: 0,
  resources: 0,
};
const STARTING: ServerStatus = { ...READY, name: 'slow', state: 'starting', tools: 0 };

/** A world in which the test decides when servers settle, when signals come, and when stopping is done. */
function world() {
  const settled = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const tell = new Set<(status: ServerStatus) => void>();
  const signal = new Set<() => void>();
  let out = '';
  const statuses = [READY, STARTING];
  const io: CliIo = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      out += text;
    },
    outBytes: () => {},
    readInput: async () => Buffer.alloc(0),
    pipes: () => assert.fail('no pipes are needed'),
    program: [],
    now: Date.now,
    terminal: { outColumns: undefined, errColumns: undefined, ask: undefined },
    env: {},
    onSignal: (listener) => {
      signal.add(listener);
      return () => signal.delete(listener);
    },
    explainByFile: () => assert.fail('nothing is explained'),
    openSecrets: () => assert.fail('no store is opened'),
    resetPassword: () => assert.fail('no password is reset'),
    onHangup: () => () => undefined,
    conditions: () => assert.fail('no condition is judged'),
    startGateway: async () => ({
      url: 'http://127.0.0.1:9000',
      socket: undefined,
      servers: () => statuses,
      onServerState: (listener) => tell.add(listener),
      settled: settled.promise,
      serve: () => assert.fail('no pipes are served'),
      apply: async () => ({ changed: false, version: 1, added: [], removed: [], replaced: [], restart: [] }),
      refused: () => {},
      hasEndpoint: () => true,
      adminUrl: '',
      firstAdmin: Promise.resolve(undefined),
      madeKeyFile: undefined,
      stop: () => stopped.promise,
    }),
  };
  const send = () => {
    for (const listener of signal) listener();
  };
  const change = (status: ServerStatus) => {
    for (const listener of tell) listener(status);
  };
  return { io, settled, stopped, send, change, out: () => out, listeners: () => signal.size };
}

/** Until the text is printed; the test runner's own limit ends a wait in vain. */
async function printed(out: () => string, text: string): Promise<void> {
  while (!out().includes(text)) await turn();
}

test('the address is told at once, and each server when it is ready or failed', async () => {
  const { io, settled, stopped, send, change, out } = world();
  const code = runCli(['--config', config], io);
  await printed(out, 'quick');
  assert.match(out(), /^Gatewright \S+\nListening on http:\/\/127\.0\.0\.1:9000\n\n {2}quick {2}ready .*2 tools\n$/);
  change(READY);
  change({ ...STARTING, state: 'down', reason: 'no such program' });
  settled.resolve();
  await printed(out, 'Authorization');
  send();
  stopped.resolve();
  assert.equal(await code, 0);
  assert.equal(out().match(/quick {2}ready/g)?.length, 1, 'the same state is told once');
  assert.match(out(), / {2}slow {3}down {6}no such program\n/);
  assert.match(out(), /"Authorization": "Bearer YOUR_TOKEN"/);
  assert.doesNotMatch(out(), /correct-horse/);
});

test('a second signal ends at once with 1, though the gateway is still stopping', async () => {
  const { io, send, out, listeners } = world();
  const code = runCli(['--config', config, '--json'], io);
  await printed(out, 'listening');
  send();
  await printed(out, 'stopping');
  send();
  assert.equal(await code, 1);
  assert.equal(listeners(), 0);
  assert.doesNotMatch(out(), /stopped/);
});

test('a signal that comes while the gateway starts is not lost', async () => {
  const { io, send, stopped, out, listeners } = world();
  const started = Promise.withResolvers<void>();
  const late: CliIo = { ...io, startGateway: (...all) => started.promise.then(() => io.startGateway(...all)) };
  const code = runCli(['--config', config, '--json'], late);
  while (listeners() === 0) await turn();
  send();
  started.resolve();
  await printed(out, 'stopping');
  stopped.resolve();
  assert.equal(await code, 0);
});

test('a file that is safe on loopback alone changes nothing where the gateway listens for others', async () => {
  const { io, send, stopped, out } = world();
  const file = join(folder, 'reachable.yaml');
  const auth = 'auth: {tokens: [{name: a, token: correct-horse-battery-staple-and-more}]}\n';
  writeFileSync(file, `listen: {host: 0.0.0.0}\n${auth}`);
  const [refused, applied]: [string[], string[]] = [[], []];
  let again = () => {};
  const told: CliIo = {
    ...io,
    onHangup: (listener) => {
      again = listener;
      return () => undefined;
    },
    startGateway: async (...all) => ({
      ...(await io.startGateway(...all)),
      refused: (faults) => void refused.push(...faults),
      apply: async ({ listen }) => {
        applied.push(listen.host);
        return { changed: false, version: 1, added: [], removed: [], replaced: [], restart: [] };
      },
    }),
  };
  const code = runCli(['--config', file, '--json'], told);
  await printed(out, 'listening');
  for (const [text, says] of [
    ['listen: {host: 127.0.0.1}\n', /listen\.host: 0\.0\.0\.0 can be reached from other machines/],
    [
      `servers: {s: {command: x, auth: {tokens: []}}}\n${auth}`,
      /servers\.s\.auth\.tokens: An empty list lets everybody/,
    ],
  ] as const) {
    refused.length = 0;
    writeFileSync(file, text);
    again();
    while (!refused.some((fault) => says.test(fault))) await turn();
  }
  assert.ok(!applied.includes('127.0.0.1'), applied.join());
  writeFileSync(file, `listen: {host: 127.0.0.1}\n${auth}`);
  again();
  while (!applied.includes('127.0.0.1')) await turn();
  send();
  stopped.resolve();
  assert.equal(await code, 0);
});

const failures: { name: string; code: string; say: RegExp }[] = [
  { name: 'a port in use', code: 'EADDRINUSE', say: /^Port 9000 is already in use.*--port/ },
  { name: 'a port for the administrator', code: 'EACCES', say: /may not listen on port 9000.*--port/ },
  { name: 'an address of another machine', code: 'EADDRNOTAVAIL', say: /not an address of this machine.*--host/ },
  { name: 'an unknown host name', code: 'ENOTFOUND', say: /not known.*--host/ },
  { name: 'anything else', code: 'EOTHER', say: /^The gateway could not start: boom$/ },
];

for (const { name, code, say } of failures) {
  test(`told with the way out: ${name}`, () => {
    const loaded = parseConfig('servers: {}', config, {});
    assert.ok(loaded.ok);
    assert.match(startFailure(Object.assign(new Error('boom'), { code }), loaded.config), say);
  });
}
