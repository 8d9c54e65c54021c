/*
 * The clients that people have: the official SDK, version 1 and version 2 in both of its ways to negotiate, against the
 * reference servers as child processes. What a client sees through the gateway is what it sees without it.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { openStage } from './stage.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FILES = join(ROOT, 'examples/files');

function commandOf(server: string, ...args: string[]) {
  const program = join(ROOT, 'node_modules/@modelcontextprotocol', server, 'dist/index.js');
  return { command: process.execPath, args: [program, ...args] };
}

const servers = {
  everything: commandOf('server-everything', 'stdio'),
  files: commandOf('server-filesystem', FILES),
};
const fixture = { command: process.execPath, args: [join(ROOT, 'test/fixture/main.ts'), '--stdio'] };
const stage = await openStage({}, { others: { ...servers, fixture } });
after(() => stage.close());

const INFO = { name: 'clients', version: '1.0.0' };

/** What both versions of the SDK have, as far as these stories go. */
interface Client {
  listTools(): Promise<{ tools: readonly { readonly name: string }[] }>;
  listPrompts(): Promise<{ prompts: readonly { readonly name: string }[] }>;
  listResources(): Promise<{ resources: readonly { readonly uri: string }[] }>;
  listResourceTemplates(): Promise<{ resourceTemplates: readonly { readonly uriTemplate: string }[] }>;
  callTool(params: { name: string; arguments?: Record<string, unknown> }): Promise<object>;
  getPrompt(params: { name: string; arguments?: Record<string, string> }): Promise<object>;
  readResource(params: { uri: string }): Promise<object>;
  complete(params: typeof COMPLETION): Promise<object>;
  getServerVersion(): { name: string } | undefined;
  getServerCapabilities(): object | undefined;
  getInstructions(): string | undefined;
  close(): Promise<void>;
}

const COMPLETION = {
  ref: { type: 'ref/prompt' as const, name: 'completable-prompt' },
  argument: { name: 'department', value: 'E' },
};

async function version1(transport: Transport): Promise<Client> {
  const client = new Client1(INFO);
  await client.connect(transport);
  return client as Client;
}

async function version2(url: string, mode: 'legacy' | 'auto' | { pin: string }): Promise<Client> {
  const client = new Client2(INFO, { versionNegotiation: { mode } });
  await client.connect(new Http2(new URL(url)));
  return client as unknown as Client;
}

const CLIENTS: readonly (readonly [string, 'older' | 'newer', (url: string) => Promise<Client>])[] = [
  ['version 1', 'older', (url) => version1(new Http1(new URL(url)) as Transport)],
  ['version 2, as it comes', 'older', (url) => version2(url, 'legacy')],
  ['version 2, which tries the newest first', 'newer', (url) => version2(url, 'auto')],
  ['version 2, which insists on the newest', 'newer', (url) => version2(url, { pin: '2026-07-28' })],
];

/** The same servers without the gateway. */
const direct = new Map<string, Client>();
before(async () => {
  for (const [name, params] of Object.entries(servers)) {
    direct.set(name, await version1(new StdioClientTransport({ ...params, stderr: 'ignore' })));
  }
});
after(() => Promise.all([...direct.values()].map((client) => client.close())));

async function seen(client: Client) {
  const [{ tools }, { prompts }, { resources }, { resourceTemplates }] = await Promise.all([
    client.listTools(),
    client.listPrompts(),
    client.listResources(),
    client.listResourceTemplates(),
  ]);
  return { tools, prompts, resources, resourceTemplates };
}

/** A result without what only the newer revision adds. */
function plain(result: object): object {
  const { _meta, resultType: _, ttlMs: __, cacheScope: ___, ...rest } = result as Record<string, unknown>;
  return rest;
}

for (const [name, era, connect] of CLIENTS) {
  describe(`the SDK client, ${name},`, () => {
    it('sees a server at its own endpoint as it sees it without the gateway', async () => {
      const [through, without] = [await connect(stage.url('everything')), direct.get('everything') as Client];
      const expected = await seen(without);
      // What of an older tool a newer client does not know, the SDK takes out itself.
      const tools =
        era === 'older' ? expected.tools : expected.tools.map((tool) => ({ ...tool, execution: undefined }));
      assert.deepEqual(asJson(await seen(through)), asJson({ ...expected, tools }));
      assert.equal(through.getServerVersion()?.name, without.getServerVersion()?.name);
      assert.equal(through.getInstructions(), without.getInstructions());
      if (era === 'older') assert.deepEqual(through.getServerCapabilities(), carried(without.getServerCapabilities()));
      await through.close();
    });

    it('gets the results that it gets without the gateway', async () => {
      const [through, without] = [await connect(stage.url('everything')), direct.get('everything') as Client];
      for (const ask of ASKED) assert.deepEqual(plain(await ask(through)), plain(await ask(without)), ask.toString());
      await through.close();
    });

    it('uses all servers at one endpoint, under prefixed names', async () => {
      const client = await connect(stage.url());
      const { tools, prompts, resources } = await seen(client);
      for (const [server, one] of direct) {
        const names = (await one.listTools()).tools.map((tool) => `${server}__${tool.name}`);
        assert.deepEqual(
          names.filter((tool) => !tools.some((listed) => listed.name === tool)),
          [],
        );
      }
      assert.match(
        JSON.stringify(await client.callTool({ name: 'everything__echo', arguments: { message: 'hi' } })),
        /Echo: hi/,
      );
      const haiku = { name: 'files__read_text_file', arguments: { path: join(FILES, 'haiku.txt') } };
      assert.match(JSON.stringify(await client.callTool(haiku)), /one road/);
      const prompt = prompts.find((one) => one.name === 'everything__simple-prompt');
      assert.ok(prompt);
      assert.match(JSON.stringify(await client.getPrompt({ name: prompt.name })), /simple prompt/);
      const resource = resources.find(({ uri }) => uri.startsWith('everything+'));
      assert.ok(resource);
      assert.match(JSON.stringify(await client.readResource({ uri: resource.uri })), /contents/);
      await client.close();
    });

    it('reads a refusal as the refusal it is', async () => {
      const client = await connect(stage.url('files'));
      await assert.rejects(client.callTool({ name: 'no_such_tool' }), { code: -32602 });
      const outside = await client.callTool({ name: 'read_text_file', arguments: { path: '/etc/passwd' } });
      assert.equal((outside as { isError?: boolean }).isError, true);
      await client.close();
    });
  });
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** The parts of a server's capabilities that the gateway carries. */
function carried(capabilities: object | undefined): object {
  const { tasks: _, ...rest } = (capabilities ?? {}) as Record<string, unknown>;
  return rest;
}

const ASKED: readonly ((client: Client) => Promise<object>)[] = [
  (client) => client.callTool({ name: 'echo', arguments: { message: 'é "quoted" \u2028' } }),
  (client) => client.callTool({ name: 'get-sum', arguments: { a: 1.5, b: -2 } }),
  (client) => client.callTool({ name: 'get-tiny-image', arguments: {} }),
  (client) => client.callTool({ name: 'get-structured-content', arguments: { location: 'Chicago' } }),
  (client) => client.callTool({ name: 'get-sum', arguments: { a: 'one' } }),
  (client) => client.getPrompt({ name: 'args-prompt', arguments: { city: 'Ulm' } }),
  (client) => client.complete(COMPLETION),
];

const HERSELF = { action: 'accept' as const, content: { username: 'Ada', email: 'ada@example.org', name: 'Ada' } };
const ABLE = { capabilities: { elicitation: {} } };

describe('a server that asks', () => {
  it('asks the SDK client, version 1, through the gateway', async () => {
    const client = new Client1(INFO, ABLE);
    client.setRequestHandler(ElicitRequestSchema, () => HERSELF);
    await client.connect(new Http1(new URL(stage.url('fixture'))) as Transport);
    const result = await client.callTool({ name: 'test_elicitation', arguments: { message: 'Who?' } });
    assert.match(JSON.stringify(result), /Ada/);
    await client.close();
  });

  it('asks the SDK client, version 2, in the newest way', async () => {
    const client = new Client2(INFO, { ...ABLE, versionNegotiation: { mode: 'auto' } });
    client.setRequestHandler('elicitation/create', () => HERSELF);
    await client.connect(new Http2(new URL(stage.url('fixture'))));
    const result = await client.callTool({ name: 'test_input_required_result_elicitation', arguments: {} });
    assert.match(JSON.stringify(result), /Ada/);
    await client.close();
  });

  it('offers a tool to those who can be asked alone', async () => {
    const client = new Client1(INFO, ABLE);
    await client.connect(new Http1(new URL(stage.url('everything'))) as Transport);
    const { tools } = await client.listTools();
    await client.close();
    assert.ok(tools.some(({ name }) => name === 'trigger-elicitation-request'));
  });
});

describe('the SDK client, version 1,', () => {
  it('hears progress of a long call', async () => {
    const client = new Client1(INFO);
    await client.connect(new Http1(new URL(stage.url('everything'))) as Transport);
    const heard: number[] = [];
    const params = { name: 'trigger-long-running-operation', arguments: { duration: 0.2, steps: 4 } };
    await client.callTool(params, undefined, { onprogress: ({ progress }) => heard.push(progress) });
    assert.deepEqual(heard, [1, 2, 3, 4]);
    await client.close();
  });
});
