/*
 * What a client does in each scenario of the suite's client side. The client is the SDK's, but where that would do the
 * gateway's part itself (leave out tools whose annotations break the rules) one by hand. A tour fails when the gateway's
 * answers are not what the suite's server has said; what reached the server, the suite judges.
 */

import assert from 'node:assert/strict';
import { Client, type ClientOptions, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { at } from '../rig/json-rpc.ts';
import { legacyClient, modernClient } from '../rig/raw-client.ts';
import type { Era } from './pairings.ts';

type Tour = (url: string, era: Era, context: unknown) => Promise<void>;

const everyQuestion: ClientOptions['capabilities'] = { elicitation: { form: {} }, sampling: {}, roots: {} };

const tours: Readonly<Record<string, Tour>> = {
  initialize: (url, era) =>
    withClient(url, era, async (client) => {
      assert.deepEqual((await client.listTools()).tools, []);
    }),
  'request-metadata': (url, era) =>
    withClient(url, era, async (client) => {
      assert.deepEqual((await client.listTools()).tools, []);
    }),
  tools_call: (url, era) =>
    withClient(url, era, async (client) => {
      assert.equal(await said(client, 'add_numbers', { a: 5, b: 3 }), 'The sum of 5 and 3 is 8');
    }),
  'elicitation-sep1034-client-defaults': (url, era) => withClient(url, era, acceptDefaults, everyQuestion),
  'sse-retry': (url, era) =>
    withClient(url, era, async (client) => {
      assert.equal(await said(client, 'test_reconnection'), 'Reconnection test completed successfully');
    }),
  'json-schema-2020-12-preservation': (url, era) => withClient(url, era, echoSchema),
  'json-schema-ref-no-deref': (url, era) =>
    withClient(url, era, async (client) => {
      const { tools } = await client.listTools();
      assert.deepEqual(
        tools.map(({ name }) => name),
        ['lookup_user'],
      );
    }),
  'sep-2322-client-request-state': (url, era) => withClient(url, era, confirmAll, everyQuestion),
  'http-standard-headers': (url, era) => withClient(url, era, useEverything),
  'http-custom-headers': (url, era, context) => withClient(url, era, (client) => callAll(client, context)),
  'http-invalid-tool-headers': callByHand,
};

export function tourOf(scenario: string): Tour {
  const tour = tours[scenario];
  if (tour === undefined) throw new Error(`no tour for the scenario "${scenario}"; write one in tours.ts`);
  return tour;
}

async function withClient(
  url: string,
  era: Era,
  use: (client: Client) => Promise<void>,
  capabilities: ClientOptions['capabilities'] = {},
): Promise<void> {
  const mode = era === 'modern' ? { pin: '2026-07-28' } : 'legacy';
  const client = new Client(
    { name: 'gatewright-tour', version: '1.0.0' },
    { capabilities, versionNegotiation: { mode } },
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  try {
    await use(client);
  } finally {
    await client.close();
  }
}

async function said(client: Client, name: string, args: Record<string, unknown> = {}): Promise<string | undefined> {
  /* The SDK mirrors arguments in headers only of tools that it has listed. */
  await client.listTools();
  const { content, isError } = await client.callTool({ name, arguments: args });
  const [block] = content;
  const words = block?.type === 'text' ? block.text : undefined;
  assert.notEqual(isError, true, words ?? 'a tool failed');
  return words;
}

/* SEP-1034: what the user leaves out is what the form says. */
async function acceptDefaults(client: Client): Promise<void> {
  client.setRequestHandler('elicitation/create', ({ params }) => {
    const fields = 'requestedSchema' in params ? Object.entries(params.requestedSchema.properties) : [];
    const content = fields.flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value] as const],
    );
    return { action: 'accept', content: Object.fromEntries(content) };
  });
  await said(client, 'test_client_elicitation_defaults');
}

async function echoSchema(client: Client): Promise<void> {
  const { tools } = await client.listTools();
  const schema = tools.find(({ name }) => name === 'json_schema_2020_12_tool')?.inputSchema;
  assert.equal(await said(client, 'json_schema_echo', { schema }), 'echoed');
}

async function confirmAll(client: Client): Promise<void> {
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { confirmed: true } }));
  assert.equal(await said(client, 'test_mrtr_echo_state'), 'echo-state-ok');
  assert.equal(await said(client, 'test_mrtr_no_state'), 'no-state-ok');
  assert.equal(await said(client, 'test_mrtr_unrelated'), 'unrelated-ok');
  /* This result has no resultType. It is passed on as it is, and the SDK's newer client reads no such result. */
  await client.callTool({ name: 'test_mrtr_no_result_type', arguments: {} }).catch(() => undefined);
}

async function useEverything(client: Client): Promise<void> {
  assert.equal(await said(client, 'test_headers'), 'Headers test completed');
  const { resources } = await client.listResources();
  for (const { uri } of resources) assert.deepEqual((await client.readResource({ uri })).contents, []);
  const { prompts } = await client.listPrompts();
  for (const { name } of prompts) assert.deepEqual((await client.getPrompt({ name })).messages, []);
  assert.deepEqual([resources.length, prompts.length], [2, 1]);
}

async function callAll(client: Client, context: unknown): Promise<void> {
  const { toolCalls } = context as { toolCalls: { name: string; arguments: Record<string, unknown> }[] };
  for (const call of toolCalls) await said(client, call.name, call.arguments);
}

/* One tool is right, ten break the rules for annotations: those must not be listed, and not be called either. */
async function callByHand(url: string, era: Era): Promise<void> {
  const client = era === 'modern' ? modernClient(url) : legacyClient(url, '2025-11-25');
  if ('initialize' in client) await client.initialize();
  try {
    const { answer } = await client.call('tools/list');
    const tools = at(answer, 'result', 'tools') as { name: string }[];
    assert.deepEqual(
      tools.map(({ name }) => name),
      ['valid_tool'],
    );
    const headers = { 'mcp-param-region': 'us-west1' };
    const valid = await client.call(
      'tools/call',
      { name: 'valid_tool', arguments: { region: 'us-west1' } },
      { headers },
    );
    assert.equal(at(valid.answer, 'result', 'content', 0, 'text'), 'Tool call received');
    const invalid = await client.call('tools/call', { name: 'invalid_empty_header', arguments: { value: 'a' } });
    assert.equal(at(invalid.answer, 'result'), undefined);
  } finally {
    client.close();
  }
}
