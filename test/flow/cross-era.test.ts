/*
 * Client and server of different eras: plain requests cross, in the words of each side; what does not cross is not
 * advertised, or is refused with an error that names both eras.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { textOf } from '../rig/raw-client.ts';
import { headerOf } from '../rig/received.ts';
import { PROMPTS, RESOURCES, TEMPLATES } from '../rig/scripted-content.ts';
import { MODERN, type Revision } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, startScripted } from '../rig/scripted-upstream.ts';
import { headersFor } from './same-era.ts';
import { failureOf, openStage, type Scripted } from './stage.ts';

const MIRRORING = {
  name: 'mirrors',
  inputSchema: { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } },
};

const up: Record<string, Scripted> = {
  'http-old': await startScripted({ revision: '2025-11-25', transport: 'http', name: 'old' }),
  'pipe-old': await startScripted({ revision: '2024-11-05', transport: 'stdio', name: 'old' }),
  'http-new': await startScripted({ revision: MODERN, transport: 'http', name: 'new', tools: [MIRRORING] }),
  'pipe-new': await startScripted({ revision: MODERN, transport: 'stdio', name: 'new' }),
  changed: await startScripted({ revision: MODERN, transport: 'http', tools: [MIRRORING] }),
};
const stage = await openStage(up);
after(() => stage.close());

const upOf = (server: string) => up[server] as Scripted;
const SERVER_INFO = 'io.modelcontextprotocol/serverInfo';
const ABLE = { elicitation: { form: {} }, sampling: {}, roots: {} };
const JSON_HEAD = { headers: { 'content-type': 'application/json' } };

/** One answer as bytes, once. */
async function answerOnce(server: string, key: string, result: string): Promise<void> {
  const raw = `{"jsonrpc":"2.0","id":$ID,${result}}`;
  await upOf(server).set(key, { raw: server.startsWith('pipe') ? `${raw}\n` : raw, times: 1, ...JSON_HEAD });
}

const CONTENT =
  '"content":[{"text":"\\u0041\\/é","type":"text","vendor":1.0}],"structuredContent":{"big":12345678901234567890}';

describe('a newer client and an older server', () => {
  for (const server of ['http-old', 'pipe-old']) {
    const revision: Revision = server === 'http-old' ? '2025-11-25' : '2024-11-05';

    it(`${server} is introduced as itself, with what crosses and no more`, async () => {
      const result = (await stage.modern(server).call('server/discover')).answer?.result;
      assert.deepEqual(at(result, 'supportedVersions'), [MODERN]);
      assert.equal(at(result, '_meta', SERVER_INFO, 'name'), 'old');
      assert.deepEqual(at(result, 'capabilities'), {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
        completions: {},
        logging: {},
      });
    });

    it(`lists of ${server} have a type, an age, a scope and the server's identity`, async () => {
      for (const [method, member, entries] of LISTS) {
        const { answer } = await stage.modern(server).call(method);
        const { [member]: listed, ...rest } = (answer?.result ?? {}) as Record<string, unknown>;
        assert.deepEqual(listed, entries);
        assert.deepEqual(rest, { ...MADE_CACHED, _meta: identity('old') });
      }
    });

    it(`results of ${server} get what a newer client needs and keep every other byte`, async () => {
      const client = stage.modern(server);
      await answerOnce(server, 'tools/call echo', `"result":{${CONTENT},"_meta":{"a":[1.0]}}`);
      const { stream } = await client.call('tools/call', { name: 'echo' }, { id: 'é' });
      assert.ok(stream.rawBody.includes(CONTENT), stream.rawBody);
      const { result, id } = JSON.parse(stream.rawBody);
      assert.equal(id, 'é');
      assert.deepEqual([result.resultType, result._meta], ['complete', { a: [1], ...identity('old') }]);

      const read = (await client.call('resources/read', { uri: 'scripted://text' })).answer?.result;
      const contents = [{ uri: 'scripted://text', mimeType: 'text/plain', text: 'content of scripted://text' }];
      assert.deepEqual(read, { contents, ...MADE_CACHED, _meta: identity('old') });
      const prompt = (await client.call('prompts/get', { name: 'plain' })).answer?.result;
      assert.deepEqual([at(prompt, 'resultType'), at(prompt, 'ttlMs')], ['complete', undefined]);
      const completion = { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'who', value: 'v' } };
      const completed = (await client.call('completion/complete', completion)).answer?.result;
      assert.deepEqual(at(completed, 'completion', 'values'), ['v-completed']);
      assert.equal(at(completed, 'resultType'), 'complete');
    });

    it(`fields of ${server} that happen to have a newer name do not count`, async () => {
      await answerOnce(server, 'tools/call echo', '"result":{"resultType":"task","ttlMs":"x","content":[],"kept":1.0}');
      const { stream } = await stage.modern(server).call('tools/call', { name: 'echo' });
      assert.equal(at(stream.messages[0], 'result', 'resultType'), 'complete');
      assert.equal(at(stream.messages[0], 'result', 'ttlMs'), undefined);
      assert.ok(stream.rawBody.includes('"kept":1'));
    });

    it(`${server} does not see what a newer request says about itself`, async () => {
      const client = stage.modern(server, { capabilities: ABLE });
      const meta = `${JSON.stringify(client.meta()).slice(0, -1)},"io.modelcontextprotocol/logLevel":"debug","vendor/x":{"b":1.0}}`;
      const params = `{"name":"echo","arguments":{"z":12345678901234567890},"_meta":${meta}}`;
      const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
      const stream = await client.send('POST', body, headersFor(client, 'tools/call', 'echo'));
      await stream.ended;
      const received = await upOf(server).received.until((each) => each.body.includes('vendor/x'));
      const seen = received.body.toString();
      assert.deepEqual(at(received.message, 'params', '_meta'), { 'vendor/x': { b: 1 } });
      assert.ok(seen.includes('"arguments":{"z":12345678901234567890}'), seen);
      assert.ok(seen.includes('"vendor/x":{"b":1.0}'), seen);
      if (received.via === 'POST') {
        assert.deepEqual([headerOf(received, 'mcp-method'), headerOf(received, 'mcp-name')], [undefined, undefined]);
        assert.equal(headerOf(received, 'mcp-protocol-version'), revision);
      }
    });

    it(`${server}'s "resource not found" becomes the newer one; other errors stay as they are`, async () => {
      const client = stage.modern(server);
      const more = ',"message":"gone","data":{"uri":"x","big":12345678901234567890}}';
      for (const [told, heard] of [
        [-32002, -32602],
        [-32602, -32602],
        [-7, -7],
      ]) {
        await answerOnce(server, 'resources/read', `"error":{"code":${told}${more}`);
        const { stream, status } = await client.call('resources/read', { uri: 'scripted://gone' });
        assert.equal(status, 200);
        assert.ok(stream.rawBody.includes(`"code":${heard}${more}`), stream.rawBody);
      }
    });

    it(`progress of ${server} crosses`, async () => {
      const client = stage.modern(server);
      const meta = { progressToken: 'mine' };
      const { interim } = await client.call('tools/call', { name: 'progress' }, { meta });
      assert.deepEqual(
        interim.map(({ params }) => at(params, 'progressToken')),
        ['mine', 'mine', 'mine'],
      );
    });

    it(`${server} learns what each client can do, and asks nobody who cannot be asked`, async () => {
      for (const capabilities of [{}, ABLE, { roots: {} }, ABLE]) {
        const client = stage.modern(server, { capabilities });
        const offered = textOf((await client.call('tools/call', { name: 'offered' })).answer);
        assert.deepEqual(JSON.parse(String(offered)), capabilities);
      }
      const { answer, status } = await stage.modern(server).call('tools/call', { name: 'sample' });
      assert.deepEqual([status, at(answer, 'error', 'code')], [400, -32021]);
      assert.deepEqual(at(answer, 'error', 'data', 'requiredCapabilities'), { sampling: {} });
    });

    it(`list changes of ${server} cross`, async () => {
      const stream = await stage.modern(server).listen({ toolsListChanged: true });
      assert.deepEqual(at(stream.messages[0]?.params, 'notifications'), { toolsListChanged: true });
      await upOf(server).listChanged('tools');
      await stream.until(({ method }) => method === 'notifications/tools/list_changed');
    });

    it(`a newer client that leaves ends its call at ${server}`, async () => {
      const slow = { name: 'progress', arguments: { steps: 1, everyMs: 600_000, tag: server } };
      const stream = await stage.modern(server).start('tools/call', slow, { meta: { progressToken: 1 } });
      const { message } = await upOf(server).received.until((each) => each.body.includes(`"tag":"${server}"`));
      stream.abort();
      await upOf(server).received.until(
        (each) => each.method === 'notifications/cancelled' && at(each.message?.params, 'requestId') === message?.id,
      );
    });
  }
});

describe('an older client and a newer server', () => {
  for (const server of ['http-new', 'pipe-new']) {
    it(`${server} is introduced as itself, with what crosses and no more`, async () => {
      const { initialized } = await stage.legacy(server);
      assert.deepEqual(initialized?.result, {
        protocolVersion: '2025-11-25',
        capabilities: {
          tools: { listChanged: true },
          prompts: { listChanged: true },
          resources: { listChanged: true, subscribe: true },
          completions: {},
          logging: {},
        },
        serverInfo: { name: 'new', version: '1.0.0' },
        instructions: 'Scripted.',
      });
    });

    it(`lists and results of ${server} lose what only newer clients know and keep every other byte`, async () => {
      const client = await stage.legacy(server);
      for (const [method, member, entries] of LISTS) {
        assert.deepEqual((await client.call(method)).answer?.result, { [member]: entries });
      }
      const result = `"result":{"resultType":"complete",${CONTENT},"_meta":{"a":[1.0],"${SERVER_INFO}":{"name":"x","version":"1"}}}`;
      await answerOnce(server, 'tools/call echo', result);
      const { stream } = await client.call('tools/call', { name: 'echo' }, { id: 0 });
      assert.equal(stream.rawBody, `{"jsonrpc":"2.0","id":0,"result":{${CONTENT},"_meta":{"a":[1.0]}}}`);
      const read = (await client.call('resources/read', { uri: 'scripted://text' })).answer?.result;
      assert.equal(at(read, 'ttlMs') ?? at(read, 'cacheScope') ?? at(read, 'resultType'), undefined);
      assert.equal(at(read, 'contents', 0, 'text'), 'content of scripted://text');
      const completion = { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'who', value: 'v' } };
      const completed = (await client.call('completion/complete', completion)).answer?.result;
      assert.deepEqual(at(completed, 'completion', 'values'), ['v-completed']);
      assert.deepEqual((await client.call('ping')).answer?.result, {});
    });

    it(`${server} gets the envelope it needs beside what the client wrote`, async () => {
      const client = await stage.legacy(server, { capabilities: ABLE });
      for (const [place, given] of ['', ',"_meta":{}', ',"_meta":{"vendor/x":{"b":1.0}}'].entries()) {
        const args = `"arguments":{"row${place}":12345678901234567890}`;
        const params = `{"name":"echo",${args}${given}}`;
        const body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`;
        const stream = await client.send('POST', body, client.sessionHeaders());
        await stream.ended;
        assert.equal(stream.status, 200, stream.rawBody);
        const { message } = await upOf(server).received.until((each) => each.body.includes(args));
        const { 'vendor/x': vendor, ...envelope } = at(message, 'params', '_meta') as RpcMessage;
        assert.deepEqual(envelope, {
          'io.modelcontextprotocol/protocolVersion': MODERN,
          'io.modelcontextprotocol/clientCapabilities': ABLE,
          'io.modelcontextprotocol/clientInfo': { name: 'raw-client', version: '1.0.0' },
        });
        assert.deepEqual(vendor, given.includes('vendor') ? { b: 1 } : undefined);
      }
    });

    it(`what does not cross to ${server} is refused with both eras named`, async () => {
      const client = await stage.legacy(server, { capabilities: ABLE });
      await answerOnce(server, 'tools/call echo', '"result":{"resultType":"task","taskId":"t"}');
      const begun = (await client.call('tools/call', { name: 'echo' })).answer;
      assert.equal(at(begun, 'error', 'code'), -31020);
      assert.match(String(at(begun, 'error', 'message')), /2026-07-28.*"task".*2025-11-25/);
    });

    it(`a capability that ${server} needs and the client lacks is named, in the way of the method`, async () => {
      const client = await stage.legacy(server);
      const data = '"data":{"requiredCapabilities":{"elicitation":{"form":{},"url":{}},"sampling":{}}}';
      const error = `"error":{"code":-32021,"message":"Missing capability",${data}}`;
      await answerOnce(server, 'tools/call echo', error);
      const { answer } = await client.call('tools/call', { name: 'echo' });
      assert.equal(failureOf(answer), 'client_unable');
      assert.match(String(textOf(answer)), /elicitation\.form, elicitation\.url, sampling/);
      await answerOnce(server, 'prompts/get', error);
      const prompt = await client.call('prompts/get', { name: 'plain' });
      assert.deepEqual([prompt.status, at(prompt.answer, 'error', 'code')], [200, -31024]);
      assert.match(String(at(prompt.answer, 'error', 'message')), /elicitation\.form/);
    });

    it(`the newer errors of ${server} do not reach a client that does not know them`, async () => {
      const client = await stage.legacy(server);
      for (const code of [-32020, -32022]) {
        await answerOnce(server, 'tools/call echo', `"error":{"code":${code},"message":"hop"}`);
        const { answer, status } = await client.call('tools/call', { name: 'echo' });
        assert.deepEqual([status, at(answer, 'error', 'code')], [200, -32603]);
      }
    });

    it(`progress and list changes of ${server} cross`, async () => {
      const client = await stage.legacy(server);
      const stream = await client.listen();
      const meta = { progressToken: 0 };
      const { interim } = await client.call('tools/call', { name: 'progress' }, { meta });
      assert.deepEqual(
        interim.map(({ params }) => at(params, 'progressToken')),
        [0, 0, 0],
      );
      await upOf(server).listChanged('tools');
      await stream.until(({ method }) => method === 'notifications/tools/list_changed');
    });
  }

  it('headers that the newer server wants are made from the body', async () => {
    const client = await stage.legacy('http-new');
    await client.call('tools/call', { name: 'mirrors', arguments: { region: 'Süd' } });
    const received = upOf('http-new').received.of('tools/call').at(-1);
    assert.ok(received);
    const expected = `=?base64?${Buffer.from('Süd').toString('base64')}?=`;
    assert.equal(headerOf(received, 'mcp-param-region'), expected);
    assert.equal(headerOf(received, 'mcp-name'), 'mirrors');
  });

  it('headers that the newer server finds wrong are made from its list as it is now, once', async () => {
    const client = await stage.legacy('changed');
    const call = { name: 'mirrors', arguments: { region: 'eu', zone: 'z1' } };
    const mismatch = { error: { code: -32020, message: 'Mcp-Param-Zone is missing' }, status: 400 };
    const upstream = upOf('changed');
    const reads = () => upstream.received.of('tools/list').length;
    const known = reads();
    await upstream.set('tools/call mirrors', { ...mismatch, times: 1 });
    // The list says what it said: there is nothing to put right.
    assert.equal(at((await client.call('tools/call', call)).answer, 'error', 'code'), -32603);
    assert.equal(reads(), known + 1);
    const zone = { type: 'string', 'x-mcp-header': 'Zone' };
    const schema = { ...MIRRORING.inputSchema, properties: { ...MIRRORING.inputSchema.properties, zone } };
    const tools = [{ ...MIRRORING, inputSchema: schema }];
    await upstream.set('tools/list', { answer: { resultType: 'complete', ttlMs: 0, cacheScope: 'private', tools } });
    await upstream.set('tools/call mirrors', { ...mismatch, times: 1 });
    const { answer } = await client.call('tools/call', call);
    assert.match(String(textOf(answer)), /"zone":"z1"/);
    const sent = upstream.received.of('tools/call').slice(-2);
    assert.deepEqual(
      sent.map((each) => headerOf(each, 'mcp-param-zone')),
      [undefined, 'z1'],
    );
  });

  it('a notice of the client ends its call at the newer server, a lost connection does not', async () => {
    const client = await stage.legacy('http-new');
    const slow = { name: 'slow', arguments: { ms: 600_000, tag: 'to cancel' } };
    const pending = client.start('tools/call', slow, { id: 'mine' });
    await upOf('http-new').received.until((each) => each.body.includes('to cancel'));
    await client.notify('notifications/cancelled', { requestId: 'mine' });
    await (upOf('http-new') as ScriptedHttpUpstream).dropped.until((each) => each.body.includes('to cancel'));
    await (await pending).ended;
  });
});

const LISTS = [
  ['prompts/list', 'prompts', PROMPTS],
  ['resources/list', 'resources', RESOURCES],
  ['resources/templates/list', 'resourceTemplates', TEMPLATES],
] as const;

const MADE_CACHED = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };

function identity(name: string): Record<string, unknown> {
  return { [SERVER_INFO]: { name, version: '1.0.0' } };
}
