import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeRejected, madeCall, madeSnapshot, NO_CLIENT, targetOf } from '../../../test/rig/made.ts';
import type { MeteredCall, Target } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Revision } from '../../model/revision.ts';
import { codecOf } from '../../wire/codecs.ts';
import type { Caller } from '../upstream/links.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { type RoutedCall, route } from './route.ts';

interface World {
  readonly server?: Revision;
  /** The answers of `speaks`, one after the other; the last one stays. */
  readonly speaks?: (boolean | undefined)[];
  readonly reachable?: boolean;
  /** Rests until it is waited for. */
  readonly rests?: boolean;
  readonly open?: boolean;
  readonly down?: GatewayError;
  /** What the call means once its server is there. */
  readonly again?: Target;
}

/** One server `srv`, the steps that the ring took towards it, and the call as it came out. */
function world(given: World = {}) {
  const { server = '2025-11-25', speaks = [true], reachable = true, open = true, down, again } = given;
  let { rests = false } = given;
  const steps: string[] = [];
  const callers: Caller[] = [];
  const readmit = () => {
    if (!again) throw new GatewayError('tool_unknown');
    return again;
  };
  const link = {
    codec: codecOf(server),
    handshake: open ? {} : undefined,
    open: async () => void steps.push('open'),
  };
  const upstream = {
    reachable,
    speaks: () => (speaks.length > 1 ? speaks.shift() : speaks[0]),
    ready: async () => {
      steps.push('ready');
      if (down) throw down;
      rests = false;
    },
    meet: async () => void steps.push('meet'),
    linkFor: (caller: Caller) => {
      callers.push(caller);
      return rests ? undefined : link;
    },
  };
  const upstreams = { of: (name: string) => (name === 'srv' ? upstream : undefined) } as unknown as Upstreams;
  const out: RoutedCall[] = [];
  const handler = route({ snapshot: () => madeSnapshot([]), upstreams, readmit })(async (call) => {
    out.push(call);
    return { status: 200, body: undefined, headers: [] };
  });
  const enter = (change: Partial<MeteredCall> = {}, method = 'tools/call') => {
    const params = { name: 'x', arguments: { region: 'eu' } };
    const call = madeCall({ id: 1, method, params }, { target: targetOf('tools', 'x'), ...change });
    return codeRejected((async () => handler(call))());
  };
  return { enter, steps, callers, out };
}

const REGION = [{ header: 'mcp-param-region', path: ['region'] }];
const asking = { ...NO_CLIENT, capabilities: '{"roots":{}}', fingerprint: 'f', logLevel: 'debug' };

describe('a call goes its way', () => {
  test('at once when the server and the conversation are there', async () => {
    const { enter, steps, out } = world();
    assert.equal(await enter(), 'nothing');
    assert.deepEqual([steps, out[0]?.way !== undefined, out[0]?.serverHeaders], [[], true, []]);
  });
  test('to nobody when it is about the whole endpoint', async () => {
    const { enter, callers, out } = world();
    assert.equal(await enter({ target: undefined }), 'nothing');
    assert.deepEqual([callers, out[0]?.way], [[], undefined]);
  });
  test('after the server is there, its era is known and the conversation is open', async () => {
    const { enter, steps, out } = world({
      reachable: false,
      speaks: [undefined, true],
      open: false,
      again: targetOf('tools', 'y'),
    });
    assert.equal(await enter(), 'nothing');
    assert.deepEqual([steps, out[0]?.target?.key], [['ready', 'meet', 'open'], 'y']);
  });
  test('after the process that it needs was woken', async () => {
    const { enter, steps, out } = world({ rests: true, again: targetOf('tools', 'x', REGION) });
    assert.equal(await enter(), 'nothing');
    assert.deepEqual(steps, ['ready', 'open']);
    assert.notEqual(out[0]?.way, undefined);
  });
});

describe('a call goes nowhere', () => {
  test('when its server is gone', async () => {
    assert.equal(await world().enter({ target: { ...targetOf('tools', 'x'), server: 'gone' } }), 'upstream_down');
  });
  test('when its server does not come', async () => {
    const { enter } = world({ reachable: false, down: new GatewayError('upstream_timeout') });
    assert.equal(await enter(), 'upstream_timeout');
  });
  test('when what it names turns out not to exist once the server is there', async () => {
    assert.equal(await world({ reachable: false }).enter(), 'tool_unknown');
  });
  test('when what it names turns out to be another server’s: it was counted and waited for as this one’s', async () => {
    const again = { ...targetOf('tools', 'x'), server: 'other' };
    assert.equal(await world({ reachable: false, again }).enter(), 'upstream_down');
  });
});

describe('across the eras', () => {
  test('a newer server is told with the call what the client said when it opened its session', async () => {
    const { enter, callers, out } = world({ server: '2026-07-28', speaks: [false] });
    assert.equal(await enter({ client: asking }), 'nothing');
    assert.deepEqual([callers[0]?.client, out[0]?.client], [asking, asking]);
  });
  test('the session at an older server is kept for clients that say the same, in compact text', async () => {
    const { enter, callers, out } = world({ speaks: [false] });
    const said = { capabilities: '{\n "roots": {} }', fingerprint: '', info: '{ "name":"c" }', logLevel: 'debug' };
    assert.equal(await enter({ client: said, revision: '2026-07-28' }), 'nothing');
    const { fingerprint = '', ...opened } = callers[0]?.client ?? {};
    assert.deepEqual(opened, { capabilities: '{"roots":{}}', info: '{"name":"c"}', logLevel: 'debug' });
    assert.notEqual(fingerprint, '');
    assert.deepEqual(out[0]?.client, said);
  });
  test('a client that can do nothing keeps no session to itself', async () => {
    const { enter, callers } = world({ speaks: [false] });
    assert.equal(await enter({ client: { ...NO_CLIENT, capabilities: '{ }' }, revision: '2026-07-28' }), 'nothing');
    assert.deepEqual(callers[0]?.client, NO_CLIENT);
  });
  test('within one era it is offered what the client said', async () => {
    const { enter, callers, out } = world();
    assert.equal(await enter({ client: asking }), 'nothing');
    assert.deepEqual([callers[0]?.client, out[0]?.client], [asking, asking]);
  });
});

describe('mirrored arguments', () => {
  const modern = { revision: '2026-07-28' as const, target: targetOf('tools', 'x', REGION) };
  const given = ['mcp-param-region', 'eu'];

  test('of a newer client are compared with the body and passed on', async () => {
    const { enter, out } = world({ server: '2026-07-28' });
    assert.equal(await enter({ ...modern, paramHeaders: given }), 'nothing');
    assert.deepEqual(out[0]?.serverHeaders, given);
  });
  test('of a newer client that differ from the body end the call', async () => {
    const { enter } = world({ server: '2026-07-28' });
    assert.equal(await enter({ ...modern, paramHeaders: ['mcp-param-region', 'us'] }), 'header_mismatch');
    assert.equal(await enter({ ...modern, paramHeaders: [] }), 'header_mismatch');
  });
  test('are made for a newer client that came without header fields', async () => {
    const { enter, out } = world({ server: '2026-07-28' });
    assert.equal(await enter({ ...modern, paramHeaders: undefined }), 'nothing');
    assert.deepEqual(out[0]?.serverHeaders, given);
  });
  test('are made for an older client', async () => {
    const { enter, out } = world({ server: '2026-07-28', speaks: [false] });
    assert.equal(await enter({ target: targetOf('tools', 'x', REGION) }), 'nothing');
    assert.deepEqual(out[0]?.serverHeaders, given);
  });
  test('are made as well when the list was read only after the call came', async () => {
    const { enter, out } = world({
      server: '2026-07-28',
      speaks: [false],
      reachable: false,
      again: targetOf('tools', 'x', REGION),
    });
    assert.equal(await enter({ target: targetOf('tools', 'x') }), 'nothing');
    assert.deepEqual(out[0]?.serverHeaders, given);
  });
  test('are never sent to an older server', async () => {
    const { enter, out } = world();
    assert.equal(await enter({ target: targetOf('tools', 'x', REGION), paramHeaders: given }), 'nothing');
    assert.deepEqual(out[0]?.serverHeaders, []);
  });
});
