/*
 * Whose address a request comes from, where proxies stand before the gateway.
 *
 * The address of the socket cannot be forged; what header fields say can. So they are read only when the socket's peer is a
 * trusted proxy, from the right, where the proxy nearest to us has written: the first address there that is no trusted
 * proxy is the client's. What a client wrote itself stands further left and is never reached. `X-Forwarded-For` is what
 * nearly all proxies write; `Forwarded` (RFC 7239) is read where that field is absent.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = readonly [Address, number];

export interface Proxies {
  readonly ranges: readonly Range[];
}

const compiled = new WeakMap<readonly string[], Proxies>();

/** @param cidrs Address ranges or addresses. One that cannot be read trusts nobody. */
export function proxiesOf(cidrs: readonly string[]): Proxies {
  const known = compiled.get(cidrs);
  if (known) return known;
  const made = { ranges: cidrs.flatMap(rangeOf) };
  compiled.set(cidrs, made);
  return made;
}

function rangeOf(cidr: string): Range[] {
  const [text = '', bits, ...rest] = cidr.trim().split('/');
  const address = addressOf(text);
  if (!address || rest.length > 0) return [];
  const whole = address.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return [[address, whole]];
  return /^\d{1,3}$/.test(bits) && Number(bits) <= whole ? [[address, Number(bits)]] : [];
}

/** An IPv4 address that is written as IPv6 (`::ffff:1.2.3.4`) is an IPv4 address. */
function addressOf(text: string): Address | undefined {
  if (isIP(text) === 0 || text.includes('%')) return undefined;
  return ipaddr.process(text);
}

/** The address of a socket's peer as it is written everywhere here. */
export function plainAddress(peer: string): string {
  if (!peer.includes(':')) return peer;
  return addressOf(peer)?.toString() ?? peer;
}

/** Anything in the fields that is no address gives the peer's: a proxy that writes it vouches for nobody. */
export function clientAddress(peer: string, headers: IncomingHttpHeaders, proxies: Proxies): string {
  if (!trusts(proxies, addressOf(peer))) return peer;
  const said = saidAddresses(headers);
  let client: Address | undefined;
  for (const text of said.reverse()) {
    client = addressOf(text);
    if (!client) return peer;
    if (!trusts(proxies, client)) break;
  }
  return client?.toString() ?? peer;
}

function trusts({ ranges }: Proxies, address: Address | undefined): boolean {
  if (!address) return false;
  return ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range as never, bits));
}

/** From the left. What is no address stands as the empty text. */
function saidAddresses(headers: IncomingHttpHeaders): string[] {
  const list = headers['x-forwarded-for'];
  if (list !== undefined) return String(list).split(',').map(withoutPort);
  return headers.forwarded === undefined ? [] : forwardedFor(headers.forwarded);
}

/** Some proxies write the port too: `1.2.3.4:567`, `[::1]:567`. */
function withoutPort(text: string): string {
  const bare = text.trim();
  if (bare.length > 64) return '';
  const found = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(bare) ?? /^([^:]*):\d{1,5}$/.exec(bare);
  return found?.[1] ?? bare;
}

const PAIR = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=("(?:[^"\\]|\\.)*"|[!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*([;,]|$)/y;

/** RFC 7239 §4: elements between commas, each with at most one `for`. One element that cannot be read spoils the field. */
function forwardedFor(field: string): string[] {
  const addresses: string[] = [];
  let element = '';
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < field.length) {
    const [, name = '', value = '', end] = PAIR.exec(field) ?? [];
    if (end === undefined) return [''];
    if (name.toLowerCase() === 'for') element = element === '' ? withoutPort(unquoted(value)) : '?';
    if (end === ';') continue;
    addresses.push(element);
    element = '';
  }
  return addresses;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
}
