import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshCall } from '../../test/rig/made.ts';
import type { Call } from '../model/call.ts';
import { LOCAL_USER } from '../model/principal.ts';
import { grow, type Layer, newCall, onion } from './layer.ts';

/** A ring that writes down when it is passed, going in and coming out. */
const ring =
  (name: string, path: string[]): Layer<Call, Call> =>
  (next) =>
  async (call) => {
    path.push(`${name} in`);
    const reply = await next(call);
    path.push(`${name} out`);
    return reply;
  };

test('rings are passed in the order in which they are written, and left in the opposite one', async () => {
  const path: string[] = [];
  const handler = onion<Call>()
    .inward(ring('a', path))
    .inward(ring('b', path))
    .around(async () => ({ status: 200, body: undefined, headers: ['core'] }));
  assert.deepEqual((await handler(freshCall({ id: 1, method: 'ping' }))).headers, ['core']);
  assert.deepEqual(path, ['a in', 'b in', 'b out', 'a out']);
});

test('a part of an onion can be the beginning of several', async () => {
  const path: string[] = [];
  const outer = onion<Call>().inward(ring('a', path));
  const core = async () => ({ status: 200, body: undefined, headers: [] });
  await outer.inward(ring('b', path)).around(core)(freshCall({ id: 1, method: 'ping' }));
  await outer.around(core)(freshCall({ id: 1, method: 'ping' }));
  assert.deepEqual(path, ['a in', 'b in', 'b out', 'a out', 'a in', 'a out']);
});

test('a call grows in place: what a ring learnt is there for the rings outside as well', () => {
  const call = freshCall({ id: 1, method: 'ping' });
  const grown = grow(call, { principal: LOCAL_USER });
  assert.equal(grown, call);
  assert.equal(grown.principal, LOCAL_USER);
});

test('a new call has the members of the one it is made from, and room for what will be learnt', () => {
  const call = freshCall({ id: 1, method: 'ping' }, { sessionId: 's' });
  const made = newCall(call);
  const keys = Object.keys(made);
  for (const [name, value] of Object.entries(call)) assert.equal(Reflect.get(made, name), value, name);
  grow(made, {
    principal: LOCAL_USER,
    permit: {},
    endpointDefinition: {},
    target: {},
    timer: {},
    way: {},
    serverHeaders: [],
  });
  assert.deepEqual(Object.keys(made), keys, 'growing must not change the shape');
});
