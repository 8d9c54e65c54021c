/*
 * What the gateway does not know by heart and carries all the same: extensions that both sides declare, apps that tools
 * bring along, and fields of others, byte for byte, in every pairing of eras.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at } from '../rig/json-rpc.ts';
import { textOf } from '../rig/raw-client.ts';
import { type JsonObject, MODERN, type Revision } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { type Client, headersFor } from './same-era.ts';
import { openStage, type Scripted } from './stage.ts';

const UI = 'io.modelcontextprotocol/ui';
const TASKS = 'io.modelcontextprotocol/tasks';
const OTHER = 'com.example/other';
const PAGE = 'ui://chart/page.html';
const ERAS: readonly Revision[] = ['2025-11-25', MODERN];

const appMeta = { ui: { resourceUri: PAGE, visibility: ['model', 'app'] }, 'ui/resourceUri': PAGE };
const CHART = { name: 'chart', inputSchema: { type: 'object' }, _meta: appMeta };
const PAGE_META = { ui: { csp: { connectDomains: ['https://a.example'] }, prefersBorder: true } };
const page = { uri: PAGE, mimeType: 'text/html;profile=mcp-app', text: '<p>chart</p>', _meta: PAGE_META };

async function started(revision: Revision, transport: 'http' | 'stdio'): Promise<Scripted> {
  const isNew = revision === MODERN;
  const complete = isNew ? { resultType: 'complete' } : {};
  const options = {
    ...{ revision, tools: [CHART] },
    capabilities: {
      ...{ tools: { listChanged: true }, prompts: {}, resources: { subscribe: true }, completions: {} },
      extensions: { [UI]: {}, [TASKS]: {}, [OTHER]: { depth: 2 } },
      experimental: { early: { n: 1 } },
    },
    behaviours: {
      'resources/read': { answer: { ...complete, contents: [page] } },
      'tools/call chart': { answer: { ...complete, content: [{ type: 'text', text: 'drawn' }], _meta: appMeta } },
    },
  };
  return transport === 'http' ? startScripted({ ...options, transport }) : startScripted({ ...options, transport });
}

const up: Record<string, Scripted> = {
  'http-old': await started('2025-11-25', 'http'),
  'pipe-old': await started('2025-06-18', 'stdio'),
  'http-new': await started(MODERN, 'http'),
  'pipe-new': await started(MODERN, 'stdio'),
};
const stage = await openStage(up);
after(() => stage.close());

const upOf = (server: string) => up[server] as Scripted;
const isNewServer = (server: string) => server.endsWith('new');
const ALL = { extensions: { [UI]: { mimeTypes: [page.mimeType] }, [TASKS]: {}, [OTHER]: {} } };
const clientOf = (era: Revision, endpoint: string, capabilities: object = {}): Promise<Client> | Client =>
  era === MODERN
    ? stage.modern(endpoint, { capabilities: { ...capabilities } })
    : stage.legacy(endpoint, { capabilities: { ...capabilities } }, era);

async function capabilitiesOf(client: Client): Promise<unknown> {
  if ('initialized' in client) return at(client.initialized?.result, 'capabilities');
  return at((await client.call('server/discover')).answer?.result, 'capabilities');
}

for (const server of Object.keys(up)) {
  for (const era of ERAS) {
    const isDirect = isNewServer(server) === (era === MODERN);
    const who = `a ${era} client of ${server}`;

    describe(who, () => {
      it('is told of the extensions that it has too and that are carried to it', async () => {
        const client = await clientOf(era, server, ALL);
        const capabilities = await capabilitiesOf(client);
        const known = { [UI]: {}, ...(isDirect ? { [OTHER]: { depth: 2 } } : {}) };
        const tasks = isDirect && era === MODERN ? { [TASKS]: {} } : {};
        assert.deepEqual(at(capabilities, 'extensions'), { ...known, ...tasks });
        assert.deepEqual(at(capabilities, 'experimental'), isDirect ? { early: { n: 1 } } : undefined);
        const without = await capabilitiesOf(await clientOf(era, server));
        assert.equal(at(without, 'extensions'), undefined);
      });

      it('is introduced with its own extensions, but with tasks only where they are carried', async () => {
        const client = await clientOf(era, server, { ...ALL, tasks: { list: {} } });
        const offered = JSON.parse(String(textOf((await client.call('tools/call', { name: 'offered' })).answer)));
        assert.deepEqual(at(offered, 'extensions', UI), { mimeTypes: [page.mimeType] });
        if (isNewServer(server)) assert.equal(at(offered, 'extensions', TASKS) !== undefined, era === MODERN);
        if (era !== MODERN) assert.equal(at(offered, 'tasks'), undefined);
      });

      it('finds the page of an app where its tool and its results say, and nowhere else', async () => {
        for (const [endpoint, prefix] of [
          [server, ''],
          ['', `${server}__`],
        ] as const) {
          const client = await clientOf(era, endpoint, ALL);
          const tools = at((await client.call('tools/list')).answer?.result, 'tools') as JsonObject[];
          const tool = tools.find(({ name }) => name === `${prefix}chart`);
          const uri = String(at(tool, '_meta', 'ui', 'resourceUri'));
          assert.match(uri, /^ui:\/\//);
          assert.deepEqual(tool?._meta, { ...appMeta, ui: { ...appMeta.ui, resourceUri: uri }, 'ui/resourceUri': uri });
          const drawn = (await client.call('tools/call', { name: `${prefix}chart` })).answer?.result;
          assert.equal(at(drawn, '_meta', 'ui', 'resourceUri'), uri);
          assert.equal(at(drawn, '_meta', 'ui/resourceUri'), uri);
          const listed = at((await client.call('resources/list')).answer?.result, 'resources') as JsonObject[];
          assert.equal(
            listed.some((each) => String(each.uri).startsWith('ui:')),
            false,
          );
          const read = (await client.call('resources/read', { uri })).answer?.result;
          assert.deepEqual(at(read, 'contents'), [{ ...page, uri }]);
          const asked = await upOf(server).received.until(({ method }) => method === 'resources/read');
          assert.equal(at(asked.message?.params, 'uri'), PAGE);
        }
      });
    });
  }
}

const TRACE = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'a=1,b=2',
  baggage: 'user=%C3%BC',
};
/** As no library would write it again. */
const FOREIGN = `"com.example/x":{"big":12345678901234567890,"n":1.0,"e":"\\u0041"}`;
const META = `${FOREIGN},${JSON.stringify(TRACE).slice(1, -1)}`;

const CALLS: readonly (readonly [string, string, string | undefined, string])[] = [
  ['tools/call', '"name":"echo"', 'echo', '"content":[]'],
  ['prompts/get', '"name":"plain"', 'plain', '"messages":[]'],
  ['resources/read', '"uri":"scripted://text"', 'scripted://text', '"contents":[]'],
  [
    'completion/complete',
    '"ref":{"type":"ref/prompt","name":"greet"},"argument":{"name":"who","value":"v"}',
    undefined,
    '"completion":{"values":[]}',
  ],
];

for (const server of Object.keys(up)) {
  for (const era of ERAS) {
    describe(`what nobody here knows passes between a ${era} client and ${server} as it was written:`, () => {
      for (const [method, params, name, members] of CALLS) {
        it(`with ${method}, there and back, and on the way`, async () => {
          const client = await clientOf(era, server);
          const mark = `"com.example/mark":"${server} ${era} ${method}"`;
          const own = era === MODERN && 'meta' in client ? `${JSON.stringify(client.meta()).slice(1, -1)},` : '';
          const progress = `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$ID,"progress":1,"extra":2.0,"_meta":{${META}}}}`;
          const type = isNewServer(server) ? '"resultType":"complete",' : '';
          const answer = `{"jsonrpc":"2.0","id":$ID,"result":{${type}${members},"com.example/y":[1.0],"_meta":{${META}}}}`;
          const raw = server.startsWith('pipe')
            ? `${progress}\n${answer}\n`
            : `data: ${progress}\n\ndata: ${answer}\n\n`;
          const headers = { 'content-type': 'text/event-stream' };
          await upOf(server).set(method, { raw, times: 1, headers });
          const meta = `"_meta":{${own}"progressToken":"mine",${META},${mark}}`;
          const body = `{"jsonrpc":"2.0","id":1,"method":"${method}","params":{${params},${meta}}}`;
          const stream = await client.send('POST', body, headersFor(client, method, name));
          await stream.ended;
          const received = await upOf(server).received.until((each) => each.body.includes(mark));
          assert.ok(received.body.includes(`${META},${mark}`), received.body.toString());
          const [noticed, answered] = stream.messages;
          assert.equal(at(noticed?.params, 'progressToken'), 'mine', stream.rawBody);
          assert.ok(at(answered, 'result'), stream.rawBody);
          assert.equal(stream.rawBody.split(META).length, 3, stream.rawBody);
          for (const kept of ['"extra":2.0', '"com.example/y":[1.0]']) assert.ok(stream.rawBody.includes(kept), kept);
        });
      }
    });
  }
}
