/*
 * What a modern server must check in the head of a POST (MCP 2026-07-28, Streamable HTTP › Server Validation), so that a
 * client of a scripted server is told when it breaks the rules.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { at, errorOf, type RpcMessage } from './json-rpc.ts';
import { META } from './scripted-core.ts';
import { MODERN } from './scripted-script.ts';

export interface Refusal {
  readonly status: number;
  readonly body: RpcMessage;
}

const NAMED: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
};

export function modernRefusal(message: RpcMessage, headers: IncomingHttpHeaders): Refusal | undefined {
  const version = at(message.params, '_meta', `${META}protocolVersion`);
  if (version === undefined && message.method === 'initialize')
    return unsupported(message, at(message.params, 'protocolVersion'));
  if (version === undefined || at(message.params, '_meta', `${META}clientCapabilities`) === undefined) {
    return { status: 400, body: errorOf(message.id, -32602, '_meta is incomplete') };
  }
  if (version !== MODERN) return unsupported(message, version);
  const nameKey = NAMED[String(message.method)];
  const wanted: [string, unknown][] = [
    ['mcp-protocol-version', version],
    ['mcp-method', message.method],
    ...(nameKey ? [['mcp-name', at(message.params, nameKey)] as [string, unknown]] : []),
  ];
  for (const [name, value] of wanted) {
    if (decoded(headers[name]) !== value) return { status: 400, body: errorOf(message.id, -32020, `${name} differs`) };
  }
  return undefined;
}

function unsupported(message: RpcMessage, requested: unknown): Refusal {
  return { status: 400, body: errorOf(message.id, -32022, 'Unsupported version', { supported: [MODERN], requested }) };
}

/** Values that are not plain ASCII travel as `=?base64?…?=`. */
function decoded(value: string | string[] | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const wrapped = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
  return wrapped === undefined ? value : Buffer.from(wrapped, 'base64').toString('utf8');
}
