/*
 * The head of a request that describes itself, made from its body (2026-07-28, Streamable HTTP › Request Metadata).
 */
import type { Message } from '../model/message.ts';
import { SELF_DESCRIBING } from '../wire/codecs.ts';
import { statedInBody } from '../wire/inbound.ts';
import { memberOf, readString } from '../wire/json/members.ts';
import { encodeHeaderValue } from '../wire/rev2026-07-28/headers.ts';

/** Undefined when it does not describe itself; a version that is no text is the address's to refuse. */
export function stated(message: Message): string | undefined {
  try {
    return statedInBody(message);
  } catch {
    return SELF_DESCRIBING[0];
  }
}

const NAMED: Readonly<Record<string, string>> = {
  'tools/call': 'name',
  'prompts/get': 'name',
  'resources/read': 'uri',
  'tasks/get': 'taskId',
  'tasks/update': 'taskId',
  'tasks/cancel': 'taskId',
};

/** A version that we do not know has the head of the newest that we do. */
export function headOf({ bytes, method, params }: Message, version: string): Record<string, string> {
  const member = Object.hasOwn(NAMED, method) ? NAMED[method] : undefined;
  const span = member !== undefined && params ? memberOf(bytes, params.self, member)?.value : undefined;
  const name = span && bytes[span.start] === 0x22 ? readString(bytes, span) : undefined;
  return {
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...(name === undefined ? {} : { 'mcp-name': encodeHeaderValue(name) }),
  };
}

export function encoded(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, encodeHeaderValue(value)]));
}
