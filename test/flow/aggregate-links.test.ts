/*
 * What one server of many names in what it says: a client of the aggregate can use every link, app page and template as
 * it got it, over every transport and across the eras, and the server reads only names of its own.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { at, type RpcMessage } from '../rig/json-rpc.ts';
import { headerOf } from '../rig/received.ts';
import { MODERN, type Revision } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import type { Client } from './same-era.ts';
import { openStage, type Scripted } from './stage.ts';

const schema = { inputSchema: { type: 'object' } };
const APP = { ui: { resourceUri: 'ui://page', visibility: ['model', 'app'] }, 'ui/resourceUri': 'ui://page', x: 1 };
const TOOLS = [
  { name: 'link', ...schema },
  { name: 'app', ...schema, _meta: APP },
];
const ITEM = 'scripted://item/7';
const LINKED = {
  content: [
    { type: 'text', text: ITEM },
    { type: 'resource_link', uri: ITEM, name: 'item', mimeType: 'text/plain' },
    { type: 'resource', resource: { uri: ITEM, text: ITEM, _meta: { uri: ITEM } } },
  ],
  structuredContent: { uri: ITEM, content: [{ type: 'resource_link', uri: ITEM }] },
  _meta: APP,
};
const PAGE = {
  uri: 'ui://page',
  mimeType: 'text/html;profile=mcp-app',
  text: '<p>uri</p>',
  _meta: { ui: { csp: { connectDomains: ['https://a.example'] }, prefersBorder: true } },
};
const PROMPT = {
  messages: [
    { role: 'user', content: { type: 'resource', resource: { uri: ITEM, text: '' } } },
    { role: 'assistant', content: { type: 'resource_link', uri: 'ui://page', name: 'p' } },
  ],
};

const script = (revision: Revision) => ({
  revision,
  tools: TOOLS,
  behaviours: { 'tools/call link': { answer: LINKED }, 'prompts/get greet': { answer: PROMPT } },
});
const up: Record<string, Scripted> = {
  'http-old': await startScripted({ transport: 'http', ...script('2025-11-25') }),
  'pipe-old': await startScripted({ transport: 'stdio', ...script('2025-06-18') }),
  'sse-old': await startScripted({ transport: 'sse', ...script('2024-11-05') }),
  'http-new': await startScripted({ transport: 'http', ...script(MODERN) }),
  'pipe-new': await startScripted({ transport: 'stdio', ...script(MODERN) }),
};
const names = Object.keys(up);
const stage = await openStage(up, { config: { endpoints: { plain: { servers: names, naming: 'plain' } } } });
after(() => stage.close());

const received = (server: string) => (up[server] as Scripted).received;
const CLIENTS: readonly (readonly [string, (endpoint?: string) => Promise<Client> | Client])[] = [
  ['a newer client', (endpoint = '') => stage.modern(endpoint)],
  ['a client of 2025-11-25', (endpoint = '') => stage.legacy(endpoint)],
  ['a client of 2025-03-26', (endpoint = '') => stage.legacy(endpoint, {}, '2025-03-26')],
];

/** `value` with every URI that the protocol gives a meaning to as the aggregate calls it; the rest as it is. */
function shown(server: string, value: unknown, key = '', path: readonly string[] = []): unknown {
  if (Array.isArray(value)) return value.map((item) => shown(server, item, key, path));
  if (typeof value === 'object' && value !== null) {
    const inner = [...path, key];
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shown(server, item, name, inner)]));
  }
  const own = path.includes('structuredContent') || (path.includes('resource') && path.includes('_meta'));
  if (own || typeof value !== 'string' || !/^(uri|resourceUri|ui\/resourceUri)$/.test(key)) return value;
  return value.startsWith('ui://') ? `ui://${server}/${value.slice(5)}` : `${server}+${value}`;
}

for (const server of names) {
  for (const [who, open] of CLIENTS) {
    describe(`${server} in an aggregate, for ${who}`, () => {
      it('a link that a tool gave can be read, and the server reads its own URI', async () => {
        const client = await open();
        const { answer } = await client.call('tools/call', { name: `${server}__link` });
        const { content, structuredContent, _meta } = shown(server, LINKED) as typeof LINKED;
        assert.deepEqual(at(answer, 'result', 'content'), content);
        assert.deepEqual(at(answer, 'result', 'structuredContent'), structuredContent);
        for (const [key, value] of Object.entries(_meta)) assert.deepEqual(at(answer, 'result', '_meta', key), value);

        const uri = String(at(answer, 'result', 'content', 1, 'uri'));
        assert.equal(uri, `${server}+${ITEM}`);
        const read = (await client.call('resources/read', { uri })).answer;
        assert.deepEqual(at(read, 'result', 'contents'), [{ uri, mimeType: 'text/plain', text: `content of ${ITEM}` }]);
        const arrived = await received(server).until((each) => each.method === 'resources/read');
        assert.equal(at(arrived.message, 'params', 'uri'), ITEM);
        if (server === 'http-new') assert.equal(headerOf(arrived, 'mcp-name'), ITEM);
      });

      it('what a prompt embeds has the name under which it can be read', async () => {
        const { answer } = await (await open()).call('prompts/get', { name: `${server}__greet` });
        assert.deepEqual(at(answer, 'result', 'messages'), (shown(server, PROMPT) as typeof PROMPT).messages);
      });

      it('an app’s page is read under the URI that its tool names, with type and `_meta` kept', async () => {
        const client = await open();
        const { answer: listed } = await client.call('tools/list');
        const app = (at(listed, 'result', 'tools') as RpcMessage[]).find(({ name }) => name === `${server}__app`);
        assert.deepEqual(at(app, '_meta'), shown(server, APP));
        const uri = `ui://${server}/page`;
        await up[server]?.set('resources/read', { answer: { contents: [PAGE] }, times: 1 });
        const { answer } = await client.call('resources/read', { uri });
        assert.deepEqual(at(answer, 'result', 'contents'), [{ ...PAGE, uri }]);
        await received(server).until(({ message }) => at(message, 'params', 'uri') === 'ui://page');
      });

      it('a template is completed by its server, under the server’s own name for it', async () => {
        const client = await open();
        const { answer: listed } = await client.call('resources/templates/list');
        const templates = (at(listed, 'result', 'resourceTemplates') as RpcMessage[]).map((each) =>
          at(each, 'uriTemplate'),
        );
        const uri = `${server}+scripted://item/{id}`;
        assert.ok(templates.includes(uri), String(templates));
        const context = { arguments: { id: `${server}+${who}` } };
        const argument = { name: 'id', value: `${server}+` };
        const ref = { type: 'ref/resource', uri };
        const { answer } = await client.call('completion/complete', { ref, argument, context });
        assert.deepEqual(at(answer, 'result', 'completion', 'values'), [`${server}+-completed`]);
        const arrived = await received(server).until(({ body }) => body.includes(`${server}+${who}`));
        assert.deepEqual(at(arrived.message, 'params', 'ref'), { ...ref, uri: 'scripted://item/{id}' });
        assert.deepEqual(at(arrived.message, 'params', 'argument'), argument);
      });

      it('the error of what cannot be read names it as the client did', async () => {
        const uri = `${server}+scripted://gone`;
        const error = { code: -7, message: 'gone', data: { uri: 'scripted://gone', more: { uri: ITEM } } };
        await up[server]?.set('resources/read', { error, times: 1 });
        const { answer } = await (await open()).call('resources/read', { uri });
        assert.deepEqual(answer?.error, { ...error, data: { ...error.data, uri } });
      });
    });
  }

  it(`links of ${server} have the same names where tools keep their own`, async () => {
    const client = stage.modern('plain');
    const { answer } = await client.call('tools/list');
    const app = (at(answer, 'result', 'tools') as RpcMessage[]).find(({ name }) => name === 'app');
    assert.deepEqual(at(app, '_meta'), shown(names[0] as string, APP));
    const uri = `${server}+${ITEM}`;
    const read = (await client.call('resources/read', { uri })).answer;
    assert.equal(at(read, 'result', 'contents', 0, 'uri'), uri);
  });

  it(`links of ${server} are its own bytes on its own endpoint`, async () => {
    const { answer } = await stage.modern(server).call('tools/call', { name: 'link' });
    assert.deepEqual(at(answer, 'result', 'content'), LINKED.content);
  });
}

it('a link that looks like another server’s leads to nobody but the server that gave it', async () => {
  const lure = 'http-new+scripted://text';
  const content = [{ type: 'resource_link', uri: lure, uri2: 1, name: 'x' }];
  await up['http-old']?.set('tools/call link', { answer: { content }, times: 1 });
  const client = stage.modern();
  const { answer } = await client.call('tools/call', { name: 'http-old__link' });
  const uri = at(answer, 'result', 'content', 0, 'uri');
  assert.equal(uri, `http-old+${lure}`);
  const before = received('http-new').all.length;
  await client.call('resources/read', { uri });
  await received('http-old').until(({ message }) => at(message, 'params', 'uri') === lure);
  assert.equal(received('http-new').all.length, before);
});
