/*
 * A role of one organisation is nothing to who acts in another, whatever it is called there.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import type { RoleDefinition } from '../../model/access.ts';
import { NOBODY, type Principal } from '../../model/principal.ts';
import { decide } from './decide.ts';
import { rightsIn } from './rights.ts';

const servers = ['default', 'acme', 'beta'].map((organisation) => madeServer(`of-${organisation}`, { organisation }));
const shared = madeServer('shared', { organisation: 'acme', visibility: 'shared' });

function role(name: string, organisation: string | undefined, tools: readonly string[]): RoleDefinition {
  const scope = { servers: ['*'], endpoints: undefined, tools, prompts: undefined, resources: undefined };
  return { name, organisation, permissions: [scope] };
}

const snapshot = madeSnapshot([...servers, shared], {
  access: {
    roles: new Map([
      ['everywhere', role('everywhere', undefined, ['e'])],
      ['acme/builder', role('builder', 'acme', ['a'])],
      ['beta/builder', role('builder', 'beta', ['b'])],
    ]),
    permissions: undefined,
    policies: [],
    headers: [],
  },
});

function rule(organisation: string, roles: readonly string[], server: string, tool: string): string {
  const principal: Principal = { ...NOBODY, id: 'key:1', kind: 'key', organisation, roles };
  const endpoint = snapshot.endpoints.get(server);
  const definition = snapshot.servers.get(server);
  assert.ok(endpoint && definition);
  const said = decide(rightsIn(snapshot)(principal), { endpoint, server: definition }, 'tools', tool);
  return `${said.answer} ${said.rule}`;
}

const rows: [string, string, readonly string[], string, string, string][] = [
  ['has its role there', 'acme', ['builder'], 'of-acme', 'a', 'yes access.roles.acme/builder[0].tools:a'],
  ['has not what it gives elsewhere', 'acme', ['builder'], 'of-acme', 'b', 'no none'],
  [
    'has what the other one of that name gives there',
    'beta',
    ['builder'],
    'of-beta',
    'b',
    'yes access.roles.beta/builder[0].tools:b',
  ],
  ['has nothing of it in a third', 'default', ['builder'], 'of-default', 'a', 'no none'],
  ['cannot call it by its whole name', 'default', ['acme/builder'], 'of-default', 'a', 'no none'],
  [
    'has a role of every organisation everywhere',
    'beta',
    ['everywhere'],
    'of-beta',
    'e',
    'yes access.roles.everywhere[0].tools:e',
  ],
  ['has his own there also for what others share', 'beta', ['builder'], 'shared', 'b', 'yes shared'],
];
for (const [what, organisation, roles, server, tool, expected] of rows) {
  test(`who acts in ${organisation} ${what}`, () => assert.equal(rule(organisation, roles, server, tool), expected));
}
