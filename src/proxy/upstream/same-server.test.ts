/*
 * What a change of a definition costs: nothing, or another conversation.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { defaultLimits, LIMITS } from '../../model/limits.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';
import { isReachedAlike, RUNNING_LIMITS } from './same-server.ts';

const SERVER: ServerDefinition = {
  ...{ name: 'files', title: undefined, revision: undefined, shared: false, repeatCalls: 'never' },
  ...{ organisation: 'default', owner: undefined, visibility: 'private', limits: defaultLimits() },
  transport: { kind: 'stdio', command: 'node', args: ['a'], env: { TOKEN: 'x' }, cwd: '/' },
  tools: { allow: undefined, block: [] },
};

const rows: [what: string, change: Partial<ServerDefinition>, isAlike: boolean][] = [
  ['nothing', {}, true],
  ['its title', { title: 'Files' }, true],
  ['its tools', { tools: { allow: ['read'], block: [] } }, true],
  ['whose it is', { owner: 'ann', visibility: 'shared' }, true],
  ['whether its calls are repeated', { repeatCalls: 'idempotent' }, true],
  ['how many calls it takes', { limits: { ...defaultLimits(), callsPerServerMax: 1 } }, true],
  ['how long a list may be', { limits: { ...defaultLimits(), listEntriesMax: 1 } }, false],
  ['a variable', { transport: { kind: 'stdio', command: 'node', args: ['a'], env: { TOKEN: 'y' }, cwd: '/' } }, false],
  ['its revision', { revision: '2025-11-25' }, false],
  ['that it is shared', { shared: true }, false],
];

for (const [what, change, isAlike] of rows) {
  test(`a server of which ${what} changed is ${isAlike ? 'the same' : 'another one'}`, () => {
    assert.equal(isReachedAlike(SERVER, { ...SERVER, ...change }), isAlike);
  });
}

test('every limit that the parts of a server know counts', () => {
  const sources = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !ELSEWHERE.includes(name))
    .map((name) => readFileSync(`${import.meta.dirname}/${name}`, 'utf8').replace(/\/\*.*?\*\/|\/\/[^\n]*/gs, ''));
  const named = Object.keys(LIMITS).filter((limit) => sources.some((text) => new RegExp(`\\b${limit}\\b`).test(text)));
  assert.deepEqual(
    named.filter((limit) => !(RUNNING_LIMITS as readonly string[]).includes(limit)),
    [],
  );
});

/** Of all servers together, so they read limits as they are now. */
const ELSEWHERE = ['same-server.ts', 'letting-go.ts', 'upstreams.ts', 'servers.ts', 'start-queue.ts', 'upstream.ts'];
