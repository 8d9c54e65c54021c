/*
 * The requests of an MCP client as bytes ready to be written: handshake, one tool call, goodbye.
 *
 * A call is cut into three constant pieces around its two numbers (the JSON-RPC id and the front of the text), so that
 * making one costs a concatenation.
 */
import { argumentsAround, type Era, VERSION } from './echo-answers.ts';
import { CALL_DIGITS, type Shape } from './payload.ts';

/** Where a contender is asked, and under which name it offers the tool. */
export interface Target {
  readonly port: number;
  readonly path: string;
  readonly era: Era;
  readonly tool: string;
}

const META = JSON.stringify({
  'io.modelcontextprotocol/protocolVersion': VERSION.modern,
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
});

function head(verb: string, target: Target, fields: readonly string[], bodyBytes: number): string {
  const lines = [
    `${verb} ${target.path} HTTP/1.1`,
    `host: 127.0.0.1:${target.port}`,
    'content-type: application/json',
    'accept: application/json, text/event-stream',
    ...fields,
    `content-length: ${bodyBytes}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function legacyFields(sessionId: string | undefined): string[] {
  const version = `mcp-protocol-version: ${VERSION.legacy}`;
  return sessionId ? [version, `mcp-session-id: ${sessionId}`] : [version];
}

function callFields(target: Target, sessionId: string | undefined): string[] {
  if (target.era === 'legacy') return legacyFields(sessionId);
  return [`mcp-protocol-version: ${VERSION.modern}`, 'mcp-method: tools/call', `mcp-name: ${target.tool}`];
}

/** A writer of calls: give it a number, get the bytes (as latin1 text). */
export function callWriter(target: Target, shape: Shape, sessionId: string | undefined): (call: number) => string {
  const [open, close] = argumentsAround(shape);
  const meta = target.era === 'modern' ? `,"_meta":${META}` : '';
  const before = '{"jsonrpc":"2.0","id":';
  const middle = `,"method":"tools/call","params":{"name":"${target.tool}","arguments":${open}`;
  const after = `${close}${meta}}}`;
  const bytes = before.length + middle.length + after.length + 2 * CALL_DIGITS;
  const first = head('POST', target, callFields(target, sessionId), bytes) + before;
  return (call) => first + call + middle + call + after;
}

export function initializeRequest(target: Target): string {
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: VERSION.legacy,
      capabilities: {},
      clientInfo: { name: 'bench', version: '1.0.0' },
    },
  });
  return head('POST', target, [], body.length) + body;
}

export function initializedNotice(target: Target, sessionId: string | undefined): string {
  const body = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
  return head('POST', target, legacyFields(sessionId), body.length) + body;
}

export function goodbyeRequest(target: Target, sessionId: string): string {
  return head('DELETE', target, legacyFields(sessionId), 0);
}

export function pingRequest(target: Target, sessionId: string): string {
  const body = '{"jsonrpc":"2.0","id":1,"method":"ping"}';
  return head('POST', target, legacyFields(sessionId), body.length) + body;
}
