/*
 * Who called what, and by which rule: the line of each call in the log, and what is told of a refusal to the operator alone.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { openStage, type Stage } from '../flow/stage.ts';
import { parseObject } from '../rig/json-rpc.ts';
import type { JsonObject } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';

const token = randomBytes(32).toString('base64url');
const config = {
  auth: { tokens: [{ name: 'ann', token, grants: 'none', roles: ['echoer'] }] },
  access: {
    roles: { echoer: { permissions: [{ servers: ['up'], tools: ['echo', 'big'] }] } },
    policies: [{ name: 'no-big', effect: 'deny', who: '*', what: { servers: ['up'], tools: ['big'] } }],
  },
};

let stage: Stage;
before(async () => {
  const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const entries = { up: { tools: { block: ['fail'] } } };
  stage = await openStage({ up }, { config, entries, gateway: { args: ['--log-level', 'info'] } });
});
after(() => stage.close());

const ROWS: [string, string, Record<string, unknown>][] = [
  ['that a role allows', 'up__echo', { outcome: 'ok', rule: 'access.roles.echoer[0].tools:echo', server: 'up' }],
  ['that a policy denies', 'up__big', { outcome: 'tool_unknown', rule: 'access.policies.no-big' }],
  ['that a filter keeps out', 'up__fail', { outcome: 'tool_unknown', rule: 'servers.up.tools.block:fail' }],
  ['that nothing grants', 'up__log', { outcome: 'tool_unknown', rule: 'none' }],
  ['of what there is not', 'up__nothing', { outcome: 'tool_unknown', rule: '' }],
];

describe('the line of a call', () => {
  for (const [what, name, expected] of ROWS) {
    test(`${what} has the principal, the rule and the outcome`, async () => {
      const requestId = `request-of-${name}`;
      const headers = { authorization: `Bearer ${token}`, 'x-request-id': requestId };
      await stage.modern('', { headers }).call('tools/call', { name, arguments: {} });
      const line = await lineOf(requestId);
      const told = Object.fromEntries(Object.keys(expected).map((member) => [member, line[member]]));
      assert.deepEqual(told, expected);
      assert.deepEqual([line.principal, line.method, line.msg], ['token:ann', 'tools/call', 'call']);
      assert.ok(!stage.gateway.stderr().includes(token));
    });
  }
});

/** The log is written beside the answer, so it may come a moment later. */
async function lineOf(requestId: string): Promise<JsonObject> {
  for (;;) {
    const lines = stage.gateway.stderr().split('\n').map(parseObject);
    const line = lines.find((each) => each?.requestId === requestId && each.msg === 'call');
    if (line) return line;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
