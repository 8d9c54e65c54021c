import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { filtered } from '../../../test/rig/made.ts';
import { ENTRY_KINDS } from '../../model/catalogue.ts';
import type { EndpointTools, ServerDefinition, ToolFilter } from '../../model/snapshot.ts';
import type { RightsPlace } from './decision.ts';
import { filterTool } from './filter.ts';

const at = (server: ServerDefinition, tools?: EndpointTools): RightsPlace => ({
  endpoint: {
    name: 'set',
    naming: 'plain',
    separator: '__',
    organisation: 'default',
    scopesSupported: [],
    servers: [server.name],
    tools,
  },
  server,
});

describe('a tool', () => {
  const rows: [string, Partial<ToolFilter>, string, boolean, string][] = [
    ['passes when nothing is filtered', {}, 'read', true, 'default'],
    ['passes when something else is blocked', { block: ['write'] }, 'read', true, 'default'],
    ['stops when it is blocked', { block: ['x', 're*'] }, 'read', false, 'servers.fs.tools.block:re*'],
    ['passes when it is allowed', { allow: ['x', 're*'] }, 'read', true, 'servers.fs.tools.allow:re*'],
    ['stops when only others are allowed', { allow: ['write'] }, 'read', false, 'servers.fs.tools.allow'],
    ['stops when nothing is allowed', { allow: [] }, 'read', false, 'servers.fs.tools.allow'],
    [
      'stops when it is allowed and blocked',
      { allow: ['read'], block: ['*'] },
      'read',
      false,
      'servers.fs.tools.block:*',
    ],
    ['stops when it is allowed in another case', { allow: ['Read'] }, 'read', false, 'servers.fs.tools.allow'],
    ['is judged by the server’s name for it, not the prefixed one', { block: ['fs__read'] }, 'read', true, 'default'],
  ];
  for (const [what, tools, key, allow, rule] of rows) {
    test(what, () => assert.deepEqual(filterTool(at(filtered('fs', tools)), 'tools', key), { allow, rule }));
  }
});

test('a filter of tools is none of prompts, resources and templates', () => {
  for (const kind of ENTRY_KINDS.filter((one) => one !== 'tools')) {
    assert.equal(filterTool(at(filtered('fs', { allow: [], block: ['*'] })), kind, 'read').allow, true);
  }
});

describe('a tool of a toolset', () => {
  const rows: [string, Partial<ToolFilter>, Partial<ToolFilter>, boolean, string][] = [
    ['passes when its address is allowed', {}, { allow: ['fs.re*'] }, true, 'endpoints.set.tools.allow:fs.re*'],
    ['stops when only another server’s is', {}, { allow: ['web.read'] }, false, 'endpoints.set.tools.allow'],
    ['stops when it is blocked', {}, { block: ['*.read'] }, false, 'endpoints.set.tools.block:*.read'],
    [
      'stops when its bare name is allowed, for that is no address',
      {},
      { allow: ['read'] },
      false,
      'endpoints.set.tools.allow',
    ],
    ['stays with its server’s filter', { block: ['read'] }, { allow: ['*'] }, false, 'servers.fs.tools.block:read'],
    ['names its server’s rule when the set has none', { allow: ['read'] }, {}, true, 'servers.fs.tools.allow:read'],
  ];
  for (const [what, own, here, allow, rule] of rows) {
    const tools = { filter: { allow: undefined, block: [], ...here }, changes: new Map() };
    test(what, () => assert.deepEqual(filterTool(at(filtered('fs', own), tools), 'tools', 'read'), { allow, rule }));
  }
});
