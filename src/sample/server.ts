/*
 * The built-in sample: a tiny MCP server with two tools, so that a first call works before anybody has a server.
 *
 * A program of its own on standard input and output, like the servers it stands for. It speaks revisions with a
 * handshake; a newer method is unknown to it, and the gateway goes on from that answer.
 */
import { createInterface } from 'node:readline';

const REVISIONS = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];
const SERVER_INFO = { name: 'gatewright-sample', title: 'Gatewright sample', version: '1.0.0' };

const TOOLS = [
  {
    name: 'echo',
    description: 'Says a text back.',
    inputSchema: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    annotations: { readOnlyHint: true },
  },
  {
    name: 'add',
    description: 'Adds two numbers.',
    inputSchema: {
      type: 'object',
      properties: { a: { type: 'number' }, b: { type: 'number' } },
      required: ['a', 'b'],
    },
    annotations: { readOnlyHint: true },
  },
];

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

/** What goes back for one line; undefined for a notification. */
export function answerTo(line: string): object | undefined {
  const message = parsed(line);
  if (message === undefined) return failure(null, -32700, 'This is not JSON.');
  const { id, method, params } = message;
  if (id === undefined) return undefined;
  const result = resultOf(method, params ?? {});
  if (result === undefined) return failure(id, -32601, 'There is no such method.');
  return 'code' in result ? failure(id, -32602, String(result.code)) : { jsonrpc: '2.0', id, result };
}

function parsed(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Message) : undefined;
  } catch {
    return undefined;
  }
}

function failure(id: string | number | null, code: number, message: string): object {
  return { jsonrpc: '2.0', id, error: { code, message } };
}

function resultOf(method: string | undefined, params: Readonly<Record<string, unknown>>): object | undefined {
  if (method === 'initialize') return initialized(params.protocolVersion);
  if (method === 'ping') return {};
  if (method === 'tools/list') return { tools: TOOLS };
  return method === 'tools/call' ? called(params.name, params.arguments ?? {}) : undefined;
}

function initialized(asked: unknown): object {
  const protocolVersion = REVISIONS.includes(String(asked)) ? asked : REVISIONS[0];
  return { protocolVersion, capabilities: { tools: {} }, serverInfo: SERVER_INFO };
}

function called(name: unknown, given: unknown): object {
  const { text, a, b } = given as Readonly<Record<string, unknown>>;
  if (name === 'echo') return typeof text === 'string' ? said(text) : wrong('"text" must be text.');
  if (name !== 'add') return { code: 'There is no such tool.' };
  return typeof a === 'number' && typeof b === 'number' ? said(String(a + b)) : wrong('"a" and "b" must be numbers.');
}

function said(text: string): object {
  return { content: [{ type: 'text', text }] };
}

function wrong(say: string): object {
  return { ...said(say), isError: true };
}

if (import.meta.main) {
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = line === '' ? undefined : answerTo(line);
    if (answer !== undefined) process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
