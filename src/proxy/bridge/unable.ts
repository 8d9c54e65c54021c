/*
 * What the client of a call cannot give to its server, in words for whoever reads the error: what was wanted, and why it
 * could not be had.
 */
import { GatewayError } from '../../model/errors.ts';
import type { Message, Span } from '../../model/message.ts';
import { memberOf, membersOf, readString } from '../../wire/json/members.ts';

/** Servers' and clients' words in our sentences are no longer than this. */
const QUOTED_LENGTH_MAX = 200;
/** So many capabilities are named of what a server needs. */
const NAMED_MAX = 8;
const QUOTE = 0x22;

/** The capability that a client must have declared to be asked this, from the outside in. */
export function capabilityFor({ bytes, method, params }: Message): readonly string[] {
  if (method === 'roots/list') return ['roots'];
  if (method === 'sampling/createMessage') {
    const usesTools = params && (memberOf(bytes, params.self, 'tools') ?? memberOf(bytes, params.self, 'toolChoice'));
    return usesTools ? ['sampling', 'tools'] : ['sampling'];
  }
  const mode = params && memberOf(bytes, params.self, 'mode')?.value;
  return ['elicitation', mode && isString(bytes, mode) ? readString(bytes, mode) : 'form'];
}

export function isDeclared(capabilities: string, path: readonly string[]): boolean {
  let at: unknown = JSON.parse(capabilities);
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return false;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return true;
}

export function cannotBeAsked(question: Message, path: readonly string[]): GatewayError {
  return new GatewayError('client_unable', {
    say: `The server asked for ${wordsFor(question)}, but the client has not said that it can be asked for ${path.join('.')}.`,
  });
}

export function noAnswer(question: Message, why: string): GatewayError {
  return new GatewayError('client_unable', { say: `The server asked for ${wordsFor(question)}, but ${why}.` });
}

/** The client's own words about why it gives no answer. */
export function refusedBy(question: Message, { bytes, outcome }: Message): GatewayError {
  const said = outcome && memberOf(bytes, outcome, 'message')?.value;
  const words = said && isString(bytes, said) ? `: ${quoted(readString(bytes, said))}` : '';
  return noAnswer(question, `the client answered with an error${words}`);
}

/** From the server's -32021, whose `data.requiredCapabilities` says what it needs. */
export function lacksCapability({ bytes, outcome }: Message): GatewayError {
  const data = outcome && memberOf(bytes, outcome, 'data')?.value;
  const required = data && memberOf(bytes, data, 'requiredCapabilities')?.value;
  const names = required ? namesIn(bytes, required) : [];
  const what = names.length === 0 ? 'a capability' : names.join(', ');
  const say = `The server needs ${what} of the client, which has not said that it can do that, or cannot be asked here.`;
  return new GatewayError('client_unable', { say });
}

function namesIn(bytes: Buffer, span: Span): string[] {
  const names = membersOf(bytes, span).flatMap(({ key, value }) => {
    const parts = membersOf(bytes, value).map((part) => quoted(`${key}.${part.key}`));
    return parts.length > 0 ? parts : [quoted(key)];
  });
  return names.slice(0, NAMED_MAX);
}

function wordsFor({ bytes, method, params }: Message): string {
  const said = params && method === 'elicitation/create' && memberOf(bytes, params.self, 'message')?.value;
  return said && isString(bytes, said) ? `${method} (${quoted(readString(bytes, said))})` : method;
}

function isString(bytes: Buffer, span: Span): boolean {
  return bytes[span.start] === QUOTE;
}

function quoted(words: string): string {
  return words.length > QUOTED_LENGTH_MAX ? `${words.slice(0, QUOTED_LENGTH_MAX)}…` : words;
}
