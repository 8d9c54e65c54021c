import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { madeEndpoint, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import { NO_ACCESS_RULES, type PolicyDefinition, type Scope } from '../../model/access.ts';
import { LOCAL_REQUEST } from '../../model/call.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import { NOBODY, type Principal } from '../../model/principal.ts';
import { settled } from './decide.ts';
import type { RequestAbout } from './decision.ts';
import { rightsIn } from './rights.ts';

const fs = madeServer('fs', { visibility: 'private' });
const here = madeEndpoint('', { naming: 'prefixed', servers: ['fs'], scopesSupported: ['a', 'b'] });
const place = { endpoint: here, server: fs };
const about: RequestAbout = {
  ...{ request: LOCAL_REQUEST, door: 'mcp-http', revision: '2025-11-25' },
  ...{ method: 'resources/read', nowMs: 0 },
};

const on = (...resources: string[]): Scope => ({
  ...{ servers: ['*'], endpoints: undefined, tools: undefined, prompts: undefined, resources },
});
const policy = (change: Partial<PolicyDefinition>): PolicyDefinition => ({
  ...{ name: 'p', organisation: 'default', priority: 100, effect: 'deny', who: '*', exceptWho: undefined },
  ...{ what: '*', exceptWhat: undefined, when: undefined },
  ...change,
});
const NO_ONE = { principals: undefined, users: undefined, roles: undefined, groups: undefined, scopes: undefined };
const scoped = (scope: string, uri: string) =>
  policy({ name: scope, effect: 'allow', who: { ...NO_ONE, scopes: [scope] }, what: on(uri) });

type Rules = readonly [Partial<Principal>, ...PolicyDefinition[]];

function rightsUnder([who, ...policies]: Rules) {
  const roles = new Map([['reader', { name: 'reader', permissions: [on('file:///docs/*', 'urn:*', 'HTTP://x/%61')] }]]);
  const access = { ...NO_ACCESS_RULES, roles, policies };
  const snapshot = madeSnapshot([fs], { endpoints: new Map([['', here]]), access });
  return rightsIn(snapshot)({ ...NOBODY, id: 'iss|ann', kind: 'user', ...who });
}

function said(rules: Rules, key: string, kind: EntryKind = 'resources'): string {
  const decision = rightsUnder(rules).decide(place, kind, key);
  const now = settled(
    decision,
    () => about,
    () => ({}),
  );
  return now.answer === 'step-up' ? `step-up ${now.scopes.join('+')}` : now.answer;
}

const reader: Rules = [{ roles: ['reader'] }];
const denied: Rules = [{ grants: 'all' }, policy({ what: on('file:///secret*') })];
const conditional: Rules = [
  { grants: 'all' },
  policy({ when: 'target.name.startsWith("file:///secret") && request.door == "mcp-http"' }),
];
const SCOPED = [scoped('a', 'file:///docs/*'), scoped('b', 'file:///secret/*')] as const;
const stepUp: Rules = [{}, ...SCOPED];

const rows: readonly [string, Rules, string, string][] = [
  ['what is granted is read', reader, 'file:///docs/a', 'yes'],
  ['also in another spelling', reader, 'file:///docs/./%61', 'yes'],
  ['a prefix does not lead out by dots', reader, 'file:///docs/../secret/x', 'no'],
  ['nor by encoded dots', reader, 'file:///docs/%2e%2e/secret', 'no'],
  ['nor by `\\`', reader, 'file:///docs/..\\secret', 'no'],
  ['a spelling that is not granted itself is none', reader, 'FILE:///docs/a', 'no'],
  ['nor one whose normal form is not', reader, 'HTTP://x/%61', 'no'],
  ['an opaque URI is as it was', reader, 'urn:x:y', 'yes'],
  ['what is denied is not read', denied, 'file:///secret/x', 'no'],
  ['nor encoded', denied, 'file:///%73ecret/x', 'no'],
  ['nor by another case of the scheme', denied, 'FILE:///secret', 'no'],
  ['nor by a detour', denied, 'file:///docs/../secret', 'no'],
  ['nor by a shorter start', denied, 'file:/secret', 'no'],
  ['all else is', denied, 'file:///%64ocs/x', 'yes'],
  ['a condition is asked for both', conditional, 'file:///%73ecret', 'no'],
  ['and may let both pass', conditional, 'file:///%64ocs', 'yes'],
  ['more scopes for either', stepUp, 'file:///docs/../secret/x', 'step-up a+b'],
  ['are still asked for when one is there', [{ scopes: ['a'] }, ...SCOPED], 'file:///docs/../secret/x', 'step-up a+b'],
];

describe('a URI in another form than the normal one', () => {
  for (const [what, rules, key, expected] of rows) {
    test(what, () => assert.equal(said(rules, key), expected));
  }

  test('of a template that is none yet is what it was', () => {
    assert.equal(said(reader, 'file:///docs/../{x}', 'templates'), 'yes');
    assert.equal(said(reader, 'file:///docs/../secret', 'templates'), 'no');
  });

  test('is no matter of tools', () => {
    assert.equal(said([{ grants: 'all' }, policy({ what: { ...on(), tools: ['a:x'] } })], 'a:./x', 'tools'), 'yes');
  });

  test('is traced as it is decided', () => {
    for (const [, rules, key] of rows) {
      const rights = rightsUnder(rules);
      const decision = settled(
        rights.decide(place, 'resources', key),
        () => about,
        () => ({}),
      );
      const trace = rights.trace(place, 'resources', key, { about, argumentsOf: () => ({}) });
      assert.deepEqual(trace.decision, decision);
    }
  });

  test('is open as long as either is', () => {
    const decision = rightsUnder(conditional).decide(place, 'resources', 'file:///%73ecret');
    assert.ok(decision.answer === 'ask' && decision.volatile);
    assert.equal(decision.rule, 'access.policies.p');
    assert.equal(decision.listed(about).answer, 'no');
    assert.equal(decision.called({ ...about, door: 'mcp-sse' }, () => ({})).answer, 'yes');
  });
});

test('a URI that is not in its normal form and too long to tell is refused, to whom everything is granted as well', () => {
  const all = rightsUnder([{ grants: 'all' }]);
  const long = (text: string) => all.decide(place, 'resources', `file:///${text}`).answer;
  assert.deepEqual([long('%'.repeat(65_529)), long('a'.repeat(70_000)), long('%61')], ['no', 'yes', 'yes']);
  assert.equal(long(`%${'a'.repeat(65_527)}`), 'yes', 'at the bound');
});
