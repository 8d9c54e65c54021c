/*
 * Checks a request that describes itself: headers against body (Streamable HTTP › Server Validation) and the envelope in
 * `_meta` (General fields). The body is the truth; what a header says counts only once it was found equal.
 */
import type { ClientFacts } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message, Span } from '../../model/message.ts';
import { META } from '../codec.ts';
import type { InboundHeaders } from '../inbound.ts';
import { isText, type Member, readString } from '../json/members.ts';
import { namedTask, TASK_METHODS } from '../task-ids.ts';
import { decodeHeaderValue } from './headers.ts';

/** Throws `header_mismatch`. */
export function checkHeaders(message: Message, headers: InboundHeaders): void {
  if (headers['mcp-method'] !== message.method) throw mismatch('Mcp-Method');
  const span = nameSpan(message);
  if (!span) return;
  const given = headers['mcp-name'];
  const decoded = typeof given === 'string' ? decodeHeaderValue(given) : undefined;
  const isString = message.bytes[span.start] === 0x22;
  if (decoded === undefined || !isString || !isText(message.bytes, span, decoded)) throw mismatch('Mcp-Name');
}

function mismatch(header: string): GatewayError {
  return new GatewayError('header_mismatch', { say: `Header ${header} is missing or does not match the body.` });
}

function nameSpan(message: Message): Span | undefined {
  if (message.method === 'tools/call' || message.method === 'prompts/get') return message.params?.name;
  if (message.method === 'resources/read') return message.params?.uri;
  return TASK_METHODS.has(message.method) ? namedTask(message) : undefined;
}

const CAPABILITIES = `${META}clientCapabilities`;
const INFO = `${META}clientInfo`;
const LOG_LEVEL = `${META}logLevel`;

/** What the client says about itself. Throws `meta_incomplete`. */
export function readEnvelope(bytes: Buffer, meta: readonly Member[]): ClientFacts {
  let capabilities: Span | undefined;
  let info: Span | undefined;
  let logLevel: string | undefined;
  for (const { key, value } of meta) {
    if (key === CAPABILITIES) capabilities = object(bytes, value, key);
    else if (key === INFO) info = object(bytes, value, key);
    else if (key === LOG_LEVEL && bytes[value.start] === 0x22) logLevel = readString(bytes, value);
  }
  if (!capabilities) throw new GatewayError('meta_incomplete', { say: `params._meta must have ${CAPABILITIES}.` });
  return new Envelope(bytes, capabilities, info, logLevel);
}

/** Read when somebody asks, which a server of the same era never does: it has the bytes. */
class Envelope implements ClientFacts {
  /** Only sessions are keyed by it; who opens one on behalf of such a client names it then (openingFacts). */
  readonly fingerprint = '';
  readonly logLevel: string | undefined;
  readonly #bytes: Buffer;
  readonly #capabilities: Span;
  readonly #info: Span | undefined;

  constructor(bytes: Buffer, capabilities: Span, info: Span | undefined, logLevel: string | undefined) {
    this.#bytes = bytes;
    this.#capabilities = capabilities;
    this.#info = info;
    this.logLevel = logLevel;
  }

  get capabilities(): string {
    return this.#bytes.toString('utf8', this.#capabilities.start, this.#capabilities.end);
  }

  get info(): string | undefined {
    return this.#info && this.#bytes.toString('utf8', this.#info.start, this.#info.end);
  }
}

function object(bytes: Buffer, span: Span, key: string): Span {
  if (bytes[span.start] !== 0x7b) throw new GatewayError('meta_incomplete', { say: `${key} must be an object.` });
  return span;
}
