/*
 * Client and server of one era: every plain request is answered as the server answers it, and no byte that need not
 * change does.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { textOf } from '../rig/raw-client.ts';
import { PROMPTS, RESOURCES, TEMPLATES, TOOLS } from '../rig/scripted-content.ts';
import { type Client, headersFor, openEraStage, WAYS, type Way } from './same-era.ts';

const { stage, upOf, clientOf } = await openEraStage();
after(() => stage.close());

const LISTS = [
  { method: 'tools/list', member: 'tools', key: 'name', entries: TOOLS },
  { method: 'prompts/list', member: 'prompts', key: 'name', entries: PROMPTS },
  { method: 'resources/list', member: 'resources', key: 'uri', entries: RESOURCES },
  { method: 'resources/templates/list', member: 'resourceTemplates', key: 'uriTemplate', entries: TEMPLATES },
] as const;

async function resultOf(client: Client, method: string, params: Record<string, unknown>): Promise<unknown> {
  const { status, answer } = await client.call(method, params);
  assert.equal(status, 200);
  assert.equal(answer?.error, undefined);
  return answer?.result;
}

for (const way of WAYS) {
  describe(`${way.server} (${way.revision}) with a client of its era`, () => {
    it('is introduced by its own name, capabilities and instructions', async () => {
      const facts = await introduction(way);
      assert.equal(at(facts, 'instructions'), 'Scripted.');
      assert.equal(at(facts, 'serverInfo', 'name'), 'scripted');
      assert.deepEqual(at(facts, 'capabilities'), {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        completions: {},
        logging: {},
      });
    });

    for (const { method, member, key, entries } of LISTS) {
      it(`${method} gives the server's entries, under its names or prefixed`, async () => {
        const own = await resultOf(await clientOf(way), method, {});
        assert.deepEqual(at(own, member), entries);
        const all = at(await resultOf(await clientOf(way, {}, ''), method, {}), member) as RpcMessage[];
        const prefix = key === 'name' ? `${way.server}__` : `${way.server}+`;
        const ours = all.filter((entry) => String(entry[key]).startsWith(prefix));
        assert.deepEqual(
          ours,
          entries.map((entry) => ({ ...entry, [key]: `${prefix}${(entry as RpcMessage)[key]}` })),
        );
      });
    }

    it('runs a tool, renders a prompt, reads a resource, listed or from a template, and completes', async () => {
      const client = await clientOf(way);
      const all = await clientOf(way, {}, '');
      for (const [one, name, uri] of [
        [client, '', ''],
        [all, `${way.server}__`, `${way.server}+`],
      ] as const) {
        const call = { name: `${name}echo`, arguments: { b: 2, a: 1 } };
        assert.equal(at(await resultOf(one, 'tools/call', call), 'content', 0, 'text'), '{"b":2,"a":1}');
        const prompt = { name: `${name}greet`, arguments: { who: 'you' } };
        assert.match(JSON.stringify(await resultOf(one, 'prompts/get', prompt)), /Hello you/);
        for (const resource of ['scripted://text', 'scripted://item/7']) {
          const read = await resultOf(one, 'resources/read', { uri: `${uri}${resource}` });
          assert.equal(at(read, 'contents', 0, 'text'), `content of ${resource}`);
        }
        for (const ref of [
          { type: 'ref/prompt', name: `${name}greet` },
          { type: 'ref/resource', uri: `${uri}scripted://item/{id}` },
        ]) {
          const completed = await resultOf(one, 'completion/complete', { ref, argument: { name: 'x', value: 'v' } });
          assert.deepEqual(at(completed, 'completion', 'values'), ['v-completed']);
        }
      }
    });

    it('fails in the words of the server', async () => {
      const client = await clientOf(way);
      assert.equal(at(await resultOf(client, 'tools/call', { name: 'fail' }), 'isError'), true);
      const { answer } = await client.call('prompts/get', { name: 'nobody' });
      assert.equal(at(answer, 'error', 'code'), -32602);
      const read = await client.call('resources/read', { uri: 'scripted://nowhere' });
      assert.deepEqual(read.answer?.error, { code: -32602, message: 'Unknown resource' });
    });

    it('takes id 0, the empty id, and an id that looks like another', async () => {
      const client = await clientOf(way);
      for (const id of [0, '', '0', -1, 'null', 9_007_199_254_740_991]) {
        const { answer } = await client.call('tools/call', { name: 'echo', arguments: { id } }, { id });
        assert.equal(answer?.id, id);
        assert.equal(textOf(answer), JSON.stringify({ id }));
      }
    });

    it('refuses a cursor that nobody gave out, the empty one too', async () => {
      const client = await clientOf(way);
      for (const cursor of ['', 'page-at-1', '0.1']) {
        const { answer } = await client.call('tools/list', { cursor });
        assert.equal(at(answer, 'error', 'code'), -32602, cursor);
      }
    });

    it('gets a request as the client wrote it, but for the id', async () => {
      const client = await clientOf(way);
      const meta = `${metaText(client)}"vendor.example/kept":{"b":1.0,"a":[ ]}`;
      for (const [place, args] of ARGUMENTS.entries()) {
        const mark = `"row${place}":12345678901234567890`;
        const params = `{ "name" : "echo"${args},"_meta":{${meta}},"future":{${mark}} }`;
        const body = `{"jsonrpc":"2.0", "method":"tools/call","params":${params},"id":"mine"}`;
        const stream = await client.send('POST', body, headersFor(client, 'tools/call', 'echo'));
        await stream.ended;
        assert.equal(stream.status, 200, stream.rawBody);
        const { message, body: seen } = await upOf(way).received.until((each) => each.body.includes(mark));
        // On a pipe a line is a message, so that a line break between two tokens must become a blank.
        const sent = way.transport === 'stdio' ? body.replaceAll('\n', ' ') : body;
        assert.equal(seen.toString(), sent.replace('"mine"', JSON.stringify(message?.id)));
      }
    });

    it('answers, and the client gets it as the server wrote it, but for the id', async () => {
      const client = await clientOf(way);
      for (const raw of ANSWERS) {
        await upOf(way).set('tools/call echo', {
          raw: way.transport === 'stdio' ? `${raw}\n` : raw,
          times: 1,
          ...JSON_HEAD,
        });
        const { stream } = await client.call('tools/call', { name: 'echo' }, { id: 0 });
        assert.equal(stream.rawBody, raw.replace('$ID', '0'));
      }
    });
  });
}

const JSON_HEAD = { headers: { 'content-type': 'application/json' } };

/** What may stand where arguments stand, as bytes. */
const ARGUMENTS = [
  '',
  ',"arguments":null',
  ',"arguments":{}',
  ',"arguments":{"z":1,"a":12345678901234567890,"m":1.50,"e":1E+2,"s":"\\u00e9\\/\\ud83d\\ude00 é","n":null}',
  ',\n\t"arguments" : { "deep" : [ [ { "constructor":{"prototype":1}, "__proto__":{"x":1} } ] ] }',
];

const RESULT =
  '{"zeta":[1.0,12345678901234567890,-0],"resultType":"complete","content":[{"type":"text","text":"\\u0041\\/é","vendor":{"b":1,"a":2}}, ' +
  '{"type":"of-the-future"}],"structuredContent":{"id":7,"result":{"error":9007199254740993}},"_meta":{"x":null}}';

const ANSWERS = [
  `{"jsonrpc":"2.0","id":$ID,"result":${RESULT}}`,
  `{ "result" : ${RESULT} , "id" : $ID , "jsonrpc" : "2.0" }`,
  '{"jsonrpc":"2.0","id":$ID,"error":{"code":-12345,"message":"no \\u0041","data":{"id":1,"big":12345678901234567890}}}',
];

function metaText(client: Client): string {
  return 'meta' in client ? `${JSON.stringify(client.meta()).slice(1, -1)},` : '';
}

async function introduction(way: Way): Promise<unknown> {
  const client = await clientOf(way);
  if (!('meta' in client)) return client.initialized?.result;
  const { answer } = await client.call('server/discover');
  const { result } = answer ?? {};
  return { ...(result as object), serverInfo: at(result, '_meta', 'io.modelcontextprotocol/serverInfo') };
}
