/*
 * No program comes over the network (threat T01, invariant I7): every way in × every shape × everybody, on a real gateway. A
 * file that such a program would make is not there, the gateway has no more processes, and the audit knows who tried.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { adminRoutes } from '../../src/control/admin/routes.ts';
import { processesRunning } from '../rig/process-watcher.ts';
import { openControlStage } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-canary-'));
const CANARY = join(folder, 'c');
const limits = { denialRowsMax: 100_000, denialRowsPerSourceMax: 100_000 };
const stage = await openControlStage({ config: { limits } });
after(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});

const stdio = { type: 'stdio', command: 'touch', args: [CANARY] };
const url = 'https://a.example/mcp';
const SHAPES: readonly unknown[] = [
  { name: 'a', ...stdio },
  { name: 'a', url, mcpServers: { a: stdio } },
  { name: 'a', url, transport: { command: 'touch', args: [CANARY] } },
  { name: 'a', url, config: { stdio } },
  { name: 'a', type: 'http', url, command: 'touch' },
  { name: 'a', url, command: `touch ${CANARY}` },
  { name: 'a', url, command: ['touch', CANARY] },
  { name: 'a', url: `stdio:touch ${CANARY}` },
  { name: 'a', url: `file://${CANARY}` },
  { name: 'a', url, replicas: [{ url: `stdio:touch ${CANARY}` }] },
  { name: 'a', url, COMMAND: 'touch' },
  { name: 'a', url, ｃommand: 'touch' },
  { name: 'a', url, соmmand: 'touch' },
  { name: 'a', url, deep: [{ in: { unknown: { 'com\u200bmand': 'touch' } } }] },
  [{ op: 'add', path: '/command', value: 'touch' }],
  { servers: { a: stdio } },
  { name: 'a', servers: [stdio], tools: { change: { command: stdio } } },
];

// Nobody asks these routes anything; only what they are is looked at.
const routes = adminRoutes({} as Parameters<typeof adminRoutes>[0]).filter(({ body }) => body !== undefined);
const isServers = (path: string) => /^\/api\/v1\/(?:servers|endpoints)/.test(path);
const PEOPLE = ['', 'vic', 'uma', 'ada', 'bob', 'admin', 'ada-write'] as const;

const children = (): number => {
  const all = processesRunning();
  return all.filter(({ parentPid }) => parentPid === stage.gateway.pid).length;
};

test('whoever names a command, wherever and however, is refused and written down', async () => {
  const before = children();
  const told = new Set<number>();
  for (const { method, path } of routes) {
    // A server that there is: what is refused is the command, and not the object.
    const at = path.replace('{id}', stage.server).replaceAll(/\{\w+\}/g, 'x1');
    for (const body of isServers(path) ? SHAPES : SHAPES.slice(0, 2)) {
      for (const who of isServers(path) ? PEOPLE : (['ada', 'vic'] as const)) {
        const answer = await stage.ask(who, `${method} ${at}`, { body, ifMatch: 1 });
        told.add(answer.status);
        const say = `${who} ${method} ${at} ${JSON.stringify(body)}: ${answer.text}`;
        if (answer.status === 422) assert.equal(answer.error, 'command_refused', say);
        else assert.ok([401, 403].includes(answer.status), say);
        if (isServers(path) && who === 'ada') assert.equal(answer.status, 422, say);
      }
    }
  }
  assert.deepEqual([...told].sort(), [401, 403, 422]);
  await sleep(3_000);
  assert.equal(existsSync(CANARY), false);
  assert.equal(children(), before);
});

interface Audit {
  readonly items: readonly {
    readonly action: string;
    readonly actor: string;
    readonly outcome: string;
    readonly reason: string;
  }[];
}

test('the audit has who tried, as denied', async () => {
  await stage.ask('ada', 'POST /api/v1/servers', { body: SHAPES[0] });
  await stage.ask('vic', 'POST /api/v1/servers', { body: SHAPES[0] });
  await stage.until(async () => {
    const { data } = await stage.ask<Audit>('ada', 'GET /api/v1/audit?outcome=denied&limit=200');
    const has = (actor: string, reason: RegExp) =>
      data.items.some((row) => row.actor === actor && row.action === 'server.create' && reason.test(row.reason));
    return has('user:ada', /^command_refused; body\./) && has('user:vic', /^forbidden/);
  });
});

test('a row that names a command, whoever wrote it, is not served', async () => {
  const { data } = await stage.ask<{ items: readonly { name: string }[] }>('ada', 'GET /api/v1/servers');
  assert.deepEqual(
    data.items.map(({ name }) => name),
    ['shared'],
  );
});
