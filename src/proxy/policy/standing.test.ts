import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeEndpoint, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import { NO_ACCESS_RULES, type PolicyDefinition } from '../../model/access.ts';
import { NOBODY, type Principal } from '../../model/principal.ts';
import { factsOf } from './facts.ts';
import { OrganisationRules } from './organisation.ts';
import { standingOf } from './standing.ts';

const policy = (name: string, groups: readonly string[] | undefined): PolicyDefinition => ({
  ...{ name, organisation: 'default', priority: 100, effect: 'deny', exceptWho: undefined },
  who: groups ? { principals: undefined, users: undefined, roles: undefined, groups, scopes: undefined } : '*',
  ...{ what: '*', exceptWhat: undefined, when: 'principal.claims.team == "blue"' },
});
const fs = madeServer('fs');
const here = madeEndpoint('', { servers: ['fs'] });
const policies = [policy('all', undefined), policy('ops', ['ops'])];
const snapshot = madeSnapshot([fs], { endpoints: new Map([['', here]]), access: { ...NO_ACCESS_RULES, policies } });
const rules = new OrganisationRules(snapshot, 'default');

function policiesOf(who: Partial<Principal>) {
  const facts = factsOf({ ...NOBODY, id: 'ann', kind: 'user', ...who }, rules);
  const { policies: of } = standingOf(facts, rules.at({ endpoint: here, server: fs }), rules.overlay);
  return { fingerprint: facts.fingerprint, of: of('tools') };
}

test('those whom the same policies mean keep them together, whatever else is theirs alone', () => {
  const [red, blue] = ['red', 'blue'].map((team) => policiesOf({ id: team, claims: { team } }));
  assert.notEqual(red?.fingerprint, blue?.fingerprint);
  assert.equal(red?.of, blue?.of);
});

test('those whom others mean have others', () => {
  const names = (who: Partial<Principal>) => policiesOf(who).of.all.map(({ policy }) => policy.definition.name);
  assert.deepEqual([names({}), names({ groups: ['ops'] }), names({})], [['all'], ['all', 'ops'], ['all']]);
});
