import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { freshCall, targetOf } from '../../../test/rig/made.ts';
import { type Call, LOCAL_REQUEST } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Event } from '../../model/event.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import { grow, type Handler } from '../layer.ts';
import { rescue } from './rescue.ts';

const OK = { status: 200, body: undefined, headers: [] };

async function rescued(
  core: Handler<Call>,
  verdict: Call['verdict'] = { principal: LOCAL_USER, request: LOCAL_REQUEST },
) {
  const events: Event[] = [];
  const logged: GatewayError[] = [];
  let nowMs = 100;
  const clock = () => (nowMs += 5);
  const handler = rescue({ emit: (event) => events.push(event), clock, log: (error) => logged.push(error) })(core);
  const reply = await handler(freshCall({ id: 1, method: 'tools/call' }, { verdict }));
  return { reply, events, logged };
}

describe('a call leaves as one reply and one event', () => {
  test('when it went well, with what the rings inside learnt', async () => {
    const { reply, events, logged } = await rescued(async (call) => {
      grow(call, { principal: LOCAL_USER, permit: { rule: 'default' }, target: targetOf('tools', 'x') });
      return OK;
    });
    assert.equal(reply, OK);
    assert.deepEqual(
      [events, logged],
      [
        [
          {
            type: 'call',
            requestId: '',
            method: 'tools/call',
            endpoint: 'srv',
            server: 'srv',
            principal: 'local',
            rule: 'default',
            outcome: 'ok',
            durationMs: 5,
          },
        ],
        [],
      ],
    );
  });
  const failures: [string, () => never | Promise<never>][] = [
    ['when a ring refuses', () => Promise.reject(new GatewayError('tool_unknown'))],
    [
      'when a ring refuses before it waits for anything',
      () => {
        throw new GatewayError('tool_unknown');
      },
    ],
  ];
  for (const [what, core] of failures) {
    test(what, async () => {
      const { reply, events, logged } = await rescued(core);
      assert.equal(JSON.parse(String(reply.body)).error.code, -32602);
      assert.deepEqual(
        events.map((event) => event.type === 'call' && event.outcome),
        ['tool_unknown'],
      );
      assert.deepEqual(
        logged.map(({ code }) => code),
        ['tool_unknown'],
      );
    });
  }
  test('when there is a bug, of which a stranger learns nothing', async () => {
    const { reply, logged } = await rescued(() => {
      throw new TypeError('secret');
    });
    assert.equal(reply.status, 500);
    assert.ok(!String(reply.body).includes('secret'));
    assert.match(String(logged[0]?.cause), /secret/);
  });
  test('and when a limit was hit, that is counted as well', async () => {
    const { reply, events } = await rescued(() => {
      throw new GatewayError('over_limit', { limit: 'callsPerServerMax', retryAfterSeconds: 1 });
    });
    assert.deepEqual(reply.headers, ['retry-after', '1']);
    assert.deepEqual(events[1], { type: 'limit_hit', limit: 'callsPerServerMax', principal: 'local' });
  });
  test('and when nobody knows who called, no principal is named', async () => {
    const refused = new GatewayError('token_missing');
    const { events } = await rescued(
      () => {
        throw refused;
      },
      { refused },
    );
    assert.deepEqual(
      events.map((event) => event.type === 'call' && event.principal),
      [''],
    );
  });
});
