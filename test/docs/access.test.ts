import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { snapshotOf } from '../../src/config/snapshot.ts';
import { NOBODY, type Principal } from '../../src/model/principal.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { conditionFault } from '../../src/proxy/policy/condition/condition.ts';
import { rightsIn } from '../../src/proxy/policy/rights.ts';
import { shownIn } from '../ground/shown.ts';
import { anyRequest } from '../rig/made.ts';

const page = readFileSync(new URL('../../docs/guides/access.md', import.meta.url), 'utf8');
const [roles, scopes, policies, ...more] = shownIn(page, 'yaml').map((text): Snapshot => {
  const loaded = parseConfig(text, 'gatewright.yaml', {}, {}, { conditionFault });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  assert.deepEqual(loaded.warnings, []);
  return snapshotOf(loaded.config);
});

interface Call {
  readonly who: Partial<Principal>;
  /** `server.name`, or `server URI`. */
  readonly what: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly hour?: number;
}

function said(snapshot: Snapshot | undefined, endpointName: string, { who, what, args = {}, hour = 11 }: Call): string {
  const [, serverName = '', mark, key = ''] = /^([a-z]+)([. ])(.*)$/.exec(what) ?? [];
  const endpoint = snapshot?.endpoints.get(endpointName);
  const server = snapshot?.servers.get(serverName);
  assert.ok(snapshot && endpoint && server);
  const rights = rightsIn(snapshot)({ ...NOBODY, id: 'https://id.example.com|1', kind: 'user', ...who });
  const decision = rights.decide({ endpoint, server }, mark === '.' ? 'tools' : 'resources', key);
  const about = { ...anyRequest(), nowMs: Date.UTC(2026, 0, 12, hour) };
  const settled = decision.answer === 'ask' ? decision.called(about, () => args) : decision;
  return settled.answer === 'step-up' ? `${settled.answer} ${settled.scopes}` : `${settled.answer} ${settled.rule}`;
}

test('the page shows three configurations', () => assert.equal(more.length, 0));

describe('the roles that the page shows', () => {
  const reader = { roles: ['reader'] };
  const rows: readonly [Call, string][] = [
    [{ who: reader, what: 'github.get_issue' }, 'yes access.roles.reader[0].tools:get_*'],
    [{ who: reader, what: 'github.create_issue' }, 'no none'],
    [{ who: reader, what: 'files file:///public/a.txt' }, 'yes access.roles.reader[1].resources:file:///public/*'],
    [{ who: reader, what: 'files file:///private/a.txt' }, 'no none'],
    [{ who: {}, what: 'github.get_issue' }, 'no none'],
  ];
  for (const [call, expected] of rows) {
    test(`${JSON.stringify(call)}: ${expected}`, () => assert.equal(said(roles, '', call), expected));
  }
});

describe('the scopes that the page shows', () => {
  const rows: readonly [Call, string][] = [
    [{ who: { scopes: ['repo:read'] }, what: 'github.get_issue' }, 'yes access.permissions.github:*'],
    [{ who: { scopes: ['repo:read'] }, what: 'github.create_issue' }, 'step-up repo:read,repo:write'],
    [{ who: { scopes: ['repo:write'] }, what: 'github.create_issue' }, 'yes access.permissions.github:create_*'],
    [{ who: { scopes: ['repo:write'] }, what: 'github.get_issue' }, 'step-up repo:read,repo:write'],
    [{ who: { kind: 'key' }, what: 'github.get_issue' }, 'no none'],
  ];
  for (const [call, expected] of rows) {
    test(`${JSON.stringify(call)}: ${expected}`, () => assert.equal(said(scopes, 'work', call), expected));
  }
});

describe('the policies that the page shows', () => {
  const finance = { groups: ['finance'] };
  const ann = { user: 'ann', roles: ['user'] };
  const push = (branch: unknown): Call => ({ who: ann, what: 'github.push_files', args: { branch } });
  const rows: readonly [Call, string][] = [
    [{ who: finance, what: 'payroll.run' }, 'yes access.policies.finance'],
    [{ who: finance, what: 'payroll.run', hour: 22 }, 'no access.policies.office-hours'],
    [{ who: finance, what: 'payroll.delete_run' }, 'no access.policies.no-deletes'],
    [{ who: {}, what: 'payroll.run' }, 'no none'],
    [{ who: ann, what: 'github.delete_repo' }, 'no access.policies.no-deletes'],
    [{ who: { roles: ['admin'] }, what: 'github.delete_repo' }, 'yes roles.admin'],
    [push('ann/fix'), 'yes roles.user'],
    [push('main'), 'no access.policies.own-branch'],
    [push(7), 'no access.policies.own-branch'],
    [{ who: ann, what: 'github.push_files' }, 'no access.policies.own-branch'],
  ];
  for (const [call, expected] of rows) {
    test(`${JSON.stringify(call)}: ${expected}`, () => assert.equal(said(policies, '', call), expected));
  }
});
