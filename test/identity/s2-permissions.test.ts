/*
 * S2's `permissions`, `scope_mode` and `default_scope` (rows 2-12 to 2-18 of the reference systems), as they are here. What is
 * otherwise on purpose says so; `docs/guides/access.md` has the reasons.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_ACCESS_RULES, type ScopePermissions } from '../../src/model/access.ts';
import { NOBODY } from '../../src/model/principal.ts';
import { rightsIn } from '../../src/proxy/policy/rights.ts';
import { madeServer, madeSnapshot } from '../rig/made.ts';

interface Row {
  readonly entries?: Readonly<Record<string, readonly string[]>>;
  readonly mode?: ScopePermissions['mode'];
  readonly defaultScope?: string;
  readonly held: readonly string[];
  readonly tool: string;
}

const server = madeServer('n8n');

function rule({ entries = {}, mode = 'any', defaultScope, held, tool }: Row): string {
  const permissions = { entries: new Map(Object.entries(entries)), mode, defaultScope: defaultScope ?? null };
  const snapshot = madeSnapshot([server], { access: { ...NO_ACCESS_RULES, permissions } });
  const endpoint = snapshot.endpoints.get('n8n');
  assert.ok(endpoint);
  const rights = rightsIn(snapshot)({ ...NOBODY, id: 'https://id.example.com|1', kind: 'user', scopes: held });
  const decision = rights.decide({ endpoint, server }, 'tools', tool);
  assert.notEqual(decision.answer, 'step-up');
  return `${decision.answer} ${decision.rule}`;
}

const both = { 'n8n:run': ['a', 'b'] };
const rows: readonly [string, Row, string][] = [
  [
    '2-12 an exact entry',
    { entries: { 'n8n:run': ['a'] }, held: ['a'], tool: 'run' },
    'yes access.permissions.n8n:run',
  ],
  [
    '2-12 an exact entry goes before a pattern',
    { entries: { 'n8n:*': ['a'], 'n8n:run': ['b'] }, held: ['a'], tool: 'run' },
    'no none',
  ],
  ['2-12 a pattern', { entries: { 'n8n:*': ['a'] }, held: ['a'], tool: 'run' }, 'yes access.permissions.n8n:*'],
  [
    '2-12 otherwise: of patterns that overlap the more specific, not one by chance',
    { entries: { '*': ['x'], 'n8n:*': ['y'], 'n8n:run_*': ['a'], '*:run_*': ['z'] }, held: ['a'], tool: 'run_all' },
    'yes access.permissions.n8n:run_*',
  ],
  [
    '2-12 otherwise: and that one alone',
    { entries: { '*': ['x'], 'n8n:*': ['y'], 'n8n:run_*': ['a'] }, held: ['x', 'y'], tool: 'run_all' },
    'no none',
  ],
  [
    '2-13 `n8n:*` is all tools of n8n',
    { entries: { 'n8n:*': ['a'] }, held: ['a'], tool: 'any_tool' },
    'yes access.permissions.n8n:*',
  ],
  ['2-13 `*` is everything', { entries: { '*': ['a'] }, held: ['a'], tool: 'run' }, 'yes access.permissions.*'],
  [
    '2-13 otherwise: `*` is also a slash',
    { entries: { 'n8n:*': ['a'] }, held: ['a'], tool: 'x/y' },
    'yes access.permissions.n8n:*',
  ],
  ['2-13 otherwise: `?` is a question mark', { entries: { 'n8n:ru?': ['a'] }, held: ['a'], tool: 'run' }, 'no none'],
  ['2-13 otherwise: brackets are brackets', { entries: { 'n8n:[a-z]un': ['a'] }, held: ['a'], tool: 'run' }, 'no none'],
  ['2-14 any: one is enough', { entries: both, held: ['b'], tool: 'run' }, 'yes access.permissions.n8n:run'],
  ['2-14 any: none is not', { entries: both, held: ['c'], tool: 'run' }, 'no none'],
  [
    '2-14 all: every one',
    { entries: both, mode: 'all', held: ['b', 'a'], tool: 'run' },
    'yes access.permissions.n8n:run',
  ],
  ['2-14 all: one is not enough', { entries: both, mode: 'all', held: ['b'], tool: 'run' }, 'no none'],
  [
    '2-14 an entry that asks for nothing is as none',
    { entries: { 'n8n:run': [] }, held: ['a'], tool: 'run' },
    'no none',
  ],
  [
    '2-14 and nothing less specific comes in its place',
    { entries: { 'n8n:run': [], 'n8n:*': ['a'] }, held: ['a'], tool: 'run' },
    'no none',
  ],
  [
    '2-14 but the default',
    { entries: { 'n8n:run': [] }, defaultScope: 'd', held: ['d'], tool: 'run' },
    'yes access.defaultScope',
  ],
  ['2-15 no default denies', { entries: { 'n8n:run': ['a'] }, held: ['a'], tool: 'other' }, 'no none'],
  ['2-15 a default allows', { entries: {}, defaultScope: 'd', held: ['d'], tool: 'other' }, 'yes access.defaultScope'],
  [
    '2-15 otherwise: who holds it, not everybody',
    { entries: {}, defaultScope: 'd', held: ['a'], tool: 'other' },
    'no none',
  ],
  [
    '2-15 a default does not open what an entry closes',
    { entries: { 'n8n:run': ['a'] }, defaultScope: 'd', held: ['d'], tool: 'run' },
    'no none',
  ],
  [
    '2-18 otherwise: capitals fit as they are written',
    { entries: { 'n8n:Run': ['a'] }, held: ['a'], tool: 'Run' },
    'yes access.permissions.n8n:Run',
  ],
  ['2-18 otherwise: and no others', { entries: { 'n8n:Run': ['a'] }, held: ['a'], tool: 'run' }, 'no none'],
  [
    '2-18 otherwise: a dot is a letter',
    { entries: { 'n8n:a.b': ['a'] }, held: ['a'], tool: 'a.b' },
    'yes access.permissions.n8n:a.b',
  ],
  ['without a scope nothing is open', { entries: { '*': ['a'] }, defaultScope: 'd', held: [], tool: 'run' }, 'no none'],
  [
    'names that mean something elsewhere',
    { entries: { 'n8n:__proto__': ['constructor'] }, held: ['constructor'], tool: '__proto__' },
    'yes access.permissions.n8n:__proto__',
  ],
];

describe('scope permissions of S2', () => {
  for (const [what, row, expected] of rows) test(what, () => assert.equal(rule(row), expected));

  test('2-16 otherwise: lists show what may be called, for they ask the same function', () => {
    const names = ['read', 'write'].filter((tool) =>
      rule({ entries: { 'n8n:read': ['a'] }, held: ['a'], tool }).startsWith('yes'),
    );
    assert.deepEqual(names, ['read']);
  });
});
