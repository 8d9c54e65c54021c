/*
 * The scripted MCP server behind every measurement, without its transport: a request's text in, an answer's text out.
 *
 * `tools/call` is cut out of the text with `indexOf`, never parsed, so that the server costs as little as can be; all
 * other methods are rare and take the plain way. It holds no state: whatever session it is named, it answers.
 */
import { BLOCKS, CALL_DIGITS, FILLER, SHAPES, type Shape } from './payload.ts';

export const ERAS = ['legacy', 'modern'] as const;
export type Era = (typeof ERAS)[number];

export const VERSION: Readonly<Record<Era, string>> = { legacy: '2025-11-25', modern: '2026-07-28' };

/** The JSON of an answer is `lead` followed by `tail`; the tail is constant bytes, written without a copy. */
export interface Scripted {
  readonly status: number;
  readonly lead: string;
  readonly tail: Buffer;
}

const NO_TAIL = Buffer.alloc(0);
const SERVER_INFO = { name: 'echo', version: '1.0.0' };
const ECHO_TOOL = {
  name: 'echo',
  description: 'Gives back the text, or a block of 32 KB in the shape asked for.',
  inputSchema: {
    type: 'object',
    properties: { shape: { type: 'string', enum: SHAPES }, text: { type: 'string' } },
    required: ['shape', 'text'],
  },
};

const TAILS: Readonly<Record<Shape, Buffer>> = {
  echo: NO_TAIL,
  text: closed(BLOCKS.text, '}]}}'),
  structured: closed(BLOCKS.structured, '}}'),
  escaped: closed(BLOCKS.escaped, '}]}}'),
};

function closed(block: Buffer, end: string): Buffer {
  return Buffer.concat([block, Buffer.from(end, 'latin1')]);
}

/** The answer to one message, or undefined for a notification. */
export function answerTo(text: string, era: Era): Scripted | undefined {
  if (text.includes('"tools/call"')) return called(text, era);
  const message = JSON.parse(text) as { id?: string | number; method?: string; params?: Record<string, unknown> };
  if (message.id === undefined || message.method === undefined) return undefined;
  const outcome = plain(message.method, message.params ?? {}, era);
  const { status, ...body } = outcome;
  return { status, lead: JSON.stringify({ jsonrpc: '2.0', id: message.id, ...body }), tail: NO_TAIL };
}

function called(text: string, era: Era): Scripted {
  const given = between(text, '"text":"', '"');
  const shape = between(text, '"shape":"', '"') as Shape;
  const resultType = era === 'modern' ? '"resultType":"complete",' : '';
  const lead = `{"jsonrpc":"2.0","id":${idOf(text)},"result":{${resultType}"content":[{"type":"text","text":"`;
  if (shape === 'echo') return { status: 200, lead: `${lead}${given}"}]}}`, tail: NO_TAIL };
  const number = given.slice(0, CALL_DIGITS);
  const bridge = shape === 'structured' ? `${number}"}],"structuredContent":` : number;
  return { status: 200, lead: lead + bridge, tail: TAILS[shape] };
}

/** Nothing inside our own requests is called `id` but the id. */
function idOf(text: string): string {
  const start = text.indexOf('"id":') + 5;
  let end = start;
  while (text[end] !== ',' && text[end] !== '}') end += 1;
  return text.slice(start, end);
}

function between(text: string, open: string, close: string): string {
  const start = text.indexOf(open) + open.length;
  return text.slice(start, text.indexOf(close, start));
}

interface Outcome {
  readonly status: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

function plain(method: string, params: Record<string, unknown>, era: Era): Outcome {
  if (method === 'tools/list') return complete({ tools: [ECHO_TOOL] }, era);
  return era === 'legacy' ? legacyOnly(method, params) : modernOnly(method);
}

function legacyOnly(method: string, params: Record<string, unknown>): Outcome {
  if (method === 'initialize') {
    const protocolVersion = params.protocolVersion ?? VERSION.legacy;
    return { status: 200, result: { protocolVersion, capabilities: { tools: {} }, serverInfo: SERVER_INFO } };
  }
  if (method === 'ping') return { status: 200, result: {} };
  // A legacy server that has never heard of `server/discover` answers like this; it is how its era is found.
  if (method === 'server/discover') return refused(400, -32600, 'Bad Request: Server not initialized');
  return refused(200, -32601, 'Method not found');
}

function modernOnly(method: string): Outcome {
  const discovered = { supportedVersions: [VERSION.modern], capabilities: { tools: {} } };
  if (method === 'server/discover') return complete(discovered, 'modern');
  if (method !== 'initialize') return refused(404, -32601, 'Method not found');
  const data = { supported: [VERSION.modern], requested: VERSION.legacy };
  return { status: 400, error: { code: -32022, message: 'Unsupported protocol version', data } };
}

function complete(result: Record<string, unknown>, era: Era): Outcome {
  if (era === 'legacy') return { status: 200, result };
  const meta = { 'io.modelcontextprotocol/serverInfo': SERVER_INFO };
  return {
    status: 200,
    result: { resultType: 'complete', ...result, ttlMs: 300_000, cacheScope: 'public', _meta: meta },
  };
}

function refused(status: number, code: number, message: string): Outcome {
  return { status, error: { code, message } };
}

/** The arguments of a call, with the place of its number left to the caller. */
export function argumentsAround(shape: Shape): readonly [string, string] {
  return [`{"shape":"${shape}","text":"`, `${FILLER}"}`];
}
