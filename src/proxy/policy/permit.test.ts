import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  codeRejected,
  codeThrown,
  filtered,
  freshCall,
  lists,
  madeList,
  madeServer,
  madeSnapshot,
  sentMessage,
} from '../../../test/rig/made.ts';
import type { PermittedCall } from '../../model/call.ts';
import { LOCAL_USER } from '../../model/principal.ts';
import type { Revision } from '../../model/revision.ts';
import { KeyRing } from '../bridge/key-ring.ts';
import { Tasks } from '../bridge/tasks.ts';
import { grow } from '../layer.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { referenceOf } from './named.ts';
import { permit } from './permit.ts';
import { Views } from './view.ts';

const onFailure = () => {};
const file = { load: async () => undefined, save: async () => {} };
const keys = new KeyRing({ file, now: () => 0, keptMs: () => 1_000, onFailure });
const tasks = new Tasks(keys);

/** Two servers that are ready, behind the ring; what it let in, what it missed. */
function ring() {
  const catalogues = new Catalogues();
  for (const server of ['fs', 'web']) {
    const tools = madeList('tools', ['read', 'secret']);
    const prompts = madeList('prompts', ['hello']);
    const capabilities = server === 'web' ? { extensions: { 'io.modelcontextprotocol/tasks': {} } } : {};
    catalogues.put(server, { state: 'ready', capabilities, lists: lists({ tools, prompts }) });
  }
  const snapshot = madeSnapshot([filtered('fs', { block: ['secret'] }), madeServer('web')]);
  const missed: string[] = [];
  const passed: PermittedCall[] = [];
  const handler = permit({
    views: new Views(() => snapshot, catalogues),
    missed: (servers, kind) => missed.push(`${kind} of ${servers}`),
    tasks,
    now: () => 0,
  })(async (call) => {
    passed.push(call);
    return { status: 200, body: undefined, headers: [] };
  });
  const enter = (said: object, endpoint = '', revision: Revision = '2025-11-25') =>
    codeThrown(() => handler(grow(freshCall({ id: 1, ...said }, { endpoint, revision }), { principal: LOCAL_USER })));
  return { enter, handler, missed, passed };
}

const call = (name: unknown) => ({ method: 'tools/call', params: { name } });
const complete = (ref: unknown) => ({
  method: 'completion/complete',
  params: { ref, argument: { name: 'a', value: '' } },
});

describe('a call is let in with what it is about', () => {
  const rows: [string, object, string, string | undefined, string][] = [
    ['a tool by its prefixed name', call('web__secret'), '', 'tools web secret', 'grants:all'],
    ['a tool by the server’s own name at its own endpoint', call('read'), 'fs', 'tools fs read', 'grants:all'],
    ['a prompt', { method: 'prompts/get', params: { name: 'fs__hello' } }, '', 'prompts fs hello', 'grants:all'],
    [
      'a resource that nobody listed',
      { method: 'resources/read', params: { uri: 'fs+a:b' } },
      '',
      'resources fs a:b',
      'grants:all',
    ],
    [
      'a subscription',
      { method: 'resources/subscribe', params: { uri: 'a:b' } },
      'web',
      'resources web a:b',
      'grants:all',
    ],
    [
      'a completion for a prompt',
      complete({ type: 'ref/prompt', name: 'web__hello' }),
      '',
      'prompts web hello',
      'grants:all',
    ],
    [
      'a completion for a template',
      complete({ type: 'ref/resource', uri: 'web+a:{x}' }),
      '',
      'templates web a:{x}',
      'grants:all',
    ],
    ['a list, which is about the endpoint', { method: 'tools/list' }, '', undefined, 'endpoint'],
  ];
  for (const [what, said, endpoint, target, rule] of rows) {
    test(what, () => {
      const { enter, passed } = ring();
      assert.equal(enter(said, endpoint), 'nothing');
      const about = passed[0]?.target;
      assert.equal(about && `${about.kind} ${about.server} ${about.key}`, target);
      assert.equal(passed[0]?.permit.rule, rule);
      assert.equal(passed[0]?.endpointDefinition.name, endpoint);
    });
  }
});

describe('an answer is for everybody', () => {
  const filteredFor = (uri: string, endpoint: string) => {
    const { enter, passed } = ring();
    assert.equal(enter({ method: 'resources/read', params: { uri } }, endpoint), 'nothing');
    return passed[0]?.permit.filtered;
  };
  test('where no filter stands between the caller and the server', () => {
    assert.deepEqual([filteredFor('a:b', 'web'), filteredFor('web+a:b', '')], [false, false]);
  });
  test('and for this caller alone where one does', () => {
    assert.deepEqual([filteredFor('a:b', 'fs'), filteredFor('fs+a:b', '')], [true, true]);
  });
});

describe('a call is kept out', () => {
  const rows: [string, object, string, string][] = [
    ['when the tool does not exist', call('fs__nope'), '', 'tool_unknown'],
    ['in the same words when the tool is blocked', call('fs__secret'), '', 'tool_unknown'],
    ['when the tool is another endpoint’s', call('web__read'), 'fs', 'tool_unknown'],
    ['when the name lacks its prefix', call('read'), '', 'tool_unknown'],
    ['when the prompt does not exist', { method: 'prompts/get', params: { name: 'fs__no' } }, '', 'prompt_unknown'],
    ['when the resource is nobody’s', { method: 'resources/read', params: { uri: 'a:b' } }, '', 'resource_unknown'],
    ['when there is no name', { method: 'tools/call', params: {} }, '', 'params_invalid'],
    ['when there are no params', { method: 'tools/call' }, '', 'params_invalid'],
    ['when the name is a number', call(5), '', 'params_invalid'],
    ['when the name is a list', call(['fs__read']), '', 'params_invalid'],
    ['when a tool is named by its URI', { method: 'tools/call', params: { uri: 'fs__read' } }, '', 'params_invalid'],
    ['when the endpoint does not exist', call('read'), 'nope', 'endpoint_unknown'],
    ['when the method does not exist', { method: 'tools/steal' }, '', 'method_unknown'],
    ['when the method is one of servers', { method: 'sampling/createMessage' }, '', 'method_unknown'],
    [
      'when the prompt to complete does not exist',
      complete({ type: 'ref/prompt', name: 'fs__no' }),
      '',
      'prompt_unknown',
    ],
    ['when the template to complete is nobody’s', complete({ type: 'ref/resource', uri: 'x' }), '', 'resource_unknown'],
  ];
  for (const [what, said, endpoint, code] of rows) {
    test(what, () => {
      const { enter, passed } = ring();
      assert.equal(enter(said, endpoint), code);
      assert.deepEqual(passed, []);
    });
  }
  test('when the method is of another revision', () => {
    const { enter } = ring();
    assert.equal(enter({ method: 'server/discover' }, '', '2025-11-25'), 'method_unknown');
    assert.equal(enter({ method: 'initialize' }, '', '2026-07-28'), 'method_unknown');
    assert.equal(enter({ method: 'ping' }, '', '2026-07-28'), 'method_unknown');
  });
  test('and only the server that could have had the name is asked for a newer list', () => {
    const { enter, missed } = ring();
    enter(call('fs__nope'));
    enter(call('nope'));
    enter(call('gone__nope'));
    enter(call('nope'), 'web');
    assert.deepEqual(missed, ['tools of fs', 'tools of ', 'tools of ', 'tools of web']);
  });
});

describe('a call about a task is let in', () => {
  const [ann, endpoint] = [LOCAL_USER, ''];
  const enterTask = (taskId: unknown, at = endpoint) => {
    const { handler, passed } = ring();
    const said = freshCall(
      { id: 1, method: 'tasks/get', params: { taskId } },
      { endpoint: at, revision: '2026-07-28' },
    );
    const entered = async () => handler(grow(said, { principal: ann }));
    return { passed, code: codeRejected(entered()) };
  };
  const given = (server: string, tool: string) => tasks.give({ principal: ann, endpoint }, { server, tool, id: 'T' });

  test('as one to the server whose task it is, under that server’s id', async () => {
    const { passed, code } = enterTask(await given('web', 'read'));
    assert.equal(await code, 'nothing');
    assert.deepEqual([passed[0]?.target?.server, passed[0]?.target?.key], ['web', 'T']);
  });
  const rows: [string, () => Promise<unknown>, string, string?][] = [
    ['not when the task is nobody’s', async () => 'T', 'task_unknown'],
    ['not when it was given at another endpoint', () => given('web', 'read'), 'task_unknown', 'web'],
    ['not when its tool is denied by now', () => given('fs', 'secret'), 'task_unknown'],
    ['not when its server is gone', () => given('gone', 'read'), 'task_unknown'],
    ['not where no server has tasks', () => given('web', 'read'), 'method_unknown', 'fs'],
    ['not without an id', async () => undefined, 'params_invalid'],
    ['not with an id that is no text', async () => 7, 'params_invalid'],
  ];
  for (const [what, taskId, code, at] of rows) {
    test(what, async () => {
      const entered = enterTask(await taskId(), at);
      assert.equal(await entered.code, code);
      assert.deepEqual(entered.passed, []);
    });
  }
});

describe('a reference to complete', () => {
  const rows: [string, unknown][] = [
    ['is none without a type', { name: 'a' }],
    ['is none with a type that nobody knows', { type: 'ref/tool', name: 'a' }],
    ['is none with a type that every object has', { type: 'constructor', uri: 'a', name: 'a' }],
    ['is none with a type that is no text', { type: 1, name: 'a' }],
    ['is none when a prompt has a URI', { type: 'ref/prompt', uri: 'a' }],
    ['is none when the name is no text', { type: 'ref/prompt', name: {} }],
    ['is none when it is text', 'ref/prompt'],
    ['is none when it is missing', undefined],
  ];
  for (const [what, ref] of rows) {
    test(what, () => {
      assert.equal(referenceOf(sentMessage({ id: 1, ...complete(ref) })), undefined);
      assert.equal(ring().enter(complete(ref)), 'params_invalid');
    });
  }
});
