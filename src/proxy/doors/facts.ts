/*
 * What is known of a request beside who made it: its name in logs, the client's address, and the header fields that
 * conditions of policies may read.
 *
 * Most requests need the name alone, so the rest is found out when somebody asks. Nothing here decides where a request
 * goes or who sent it, and no credential is among the fields, whatever the configuration names.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { RequestFacts } from '../../model/call.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { clientAddress, plainAddress, proxiesOf } from './forwarded.ts';

/** Fields that a client shows to be known by (invariant I3). */
export const CREDENTIAL_FIELDS: ReadonlySet<string> = new Set([
  ...['authorization', 'proxy-authorization', 'x-api-key', 'cookie'],
]);

/** What can stand in a log line, a header field and a shell without being read as anything else. */
const REQUEST_ID = /^[A-Za-z0-9._~:/+=@-]{1,128}$/;

const NO_FIELDS: RequestFacts['headers'] = Object.freeze({});

export class HttpFacts implements RequestFacts {
  readonly id: string;
  readonly #peer: string;
  readonly #fields: IncomingHttpHeaders;
  readonly #snapshot: Snapshot;
  #address: string | undefined;
  #headers: RequestFacts['headers'] | undefined;

  constructor({ headers, socket }: IncomingMessage, snapshot: Snapshot) {
    this.id = requestIdOf(headers['x-request-id']);
    // A socket that is gone by the time somebody asks does not know its peer any more.
    this.#peer = socket.remoteAddress ?? '';
    this.#fields = headers;
    this.#snapshot = snapshot;
  }

  get address(): string {
    this.#address ??= this.#findAddress();
    return this.#address;
  }

  get headers(): RequestFacts['headers'] {
    this.#headers ??= named(this.#fields, this.#snapshot.access.headers);
    return this.#headers;
  }

  #findAddress(): string {
    const { trustedProxies } = this.#snapshot;
    const peer = plainAddress(this.#peer);
    return trustedProxies.length === 0 ? peer : clientAddress(peer, this.#fields, proxiesOf(trustedProxies));
  }
}

/** The client's own, where it is fit to be repeated. */
export function requestIdOf(field: string | readonly string[] | undefined): string {
  return typeof field === 'string' && REQUEST_ID.test(field) ? field : randomUUID();
}

/** Every answer says which request it is to, so that a person can name it to the operator. */
export function idField({ id }: RequestFacts): string[] {
  return ['x-request-id', id];
}

function named(fields: IncomingHttpHeaders, names: readonly string[]): RequestFacts['headers'] {
  if (names.length === 0) return NO_FIELDS;
  const found = names.flatMap((name) => {
    const value = fields[name];
    return typeof value === 'string' && !CREDENTIAL_FIELDS.has(name) ? [[name, value] as const] : [];
  });
  return Object.freeze(Object.fromEntries(found));
}
