/*
 * What is looked at before anything else, on every path: is the head of the request unambiguous, and is it for us?
 *
 * Node's parser already refuses smuggling, bare line feeds and NUL (security vectors A-T11). It accepts two Host fields,
 * absolute-form targets and upgrades; those are refused here, from the raw head. Host and Origin are compared with what
 * the gateway is reached by, so that no web page can use a browser to call a local gateway (DNS rebinding).
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { GatewayError } from '../../model/errors.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { pathOf } from './routes.ts';

/** Fields that may stand once only: two of them could be read in two ways. */
const SINGLE: ReadonlyMap<string, number> = new Map(
  ['host', 'authorization', 'x-api-key', 'content-type', 'origin', 'mcp-session-id'].map((name, at) => [name, 1 << at]),
);
const LENGTHS: ReadonlySet<number> = new Set([...SINGLE.keys()].map((name) => name.length));

/** Throws `head_too_large`, `url_too_long`, `target_refused`. */
export function checkHead(request: IncomingMessage, snapshot: Snapshot): void {
  checkTarget(request, snapshot);
  if (request.headers.upgrade !== undefined) throw new GatewayError('target_refused', { internal: { upgrade: true } });
}

/** The same for a head that may ask for a switch of protocols. */
export function checkTarget(request: IncomingMessage, snapshot: Snapshot): void {
  const { rawHeaders } = request;
  const { limits } = snapshot;
  if (rawHeaders.length > limits.headerCountMax * 2) {
    throw new GatewayError('head_too_large', { limit: 'headerCountMax' });
  }
  const target = request.url ?? '';
  if (target.length > limits.urlBytesMax) throw new GatewayError('url_too_long');
  // What stands behind the path may be the name of a session, or a secret.
  if (target.charCodeAt(0) !== 0x2f) throw new GatewayError('target_refused', { internal: { target: pathOf(target) } });
  let seen = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const raw = rawHeaders[at] ?? '';
    if (!LENGTHS.has(raw.length)) continue;
    const bit = SINGLE.get(raw) ?? SINGLE.get(raw.toLowerCase());
    if (bit === undefined) continue;
    if ((seen & bit) !== 0) throw new GatewayError('target_refused', { internal: { twice: raw } });
    seen |= bit;
  }
  // RFC 9112 §3.2; HTTP/1.0, which some probes speak, has none.
  if (request.headers.host === undefined && request.httpVersionMinor > 0) {
    throw new GatewayError('target_refused', { internal: { host: 'none' } });
  }
}

/** Throws `host_refused`. */
export function checkHost(request: IncomingMessage, snapshot: Snapshot): void {
  const { host } = request.headers;
  if (host === undefined || !hostsOf(request, snapshot).has(host.toLowerCase())) {
    throw new GatewayError('host_refused', { internal: { host } });
  }
}

/** Throws `host_refused`. */
export function checkOrigin(request: IncomingMessage, snapshot: Snapshot): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  const place = placeOf(request.socket);
  if (!originsOf(snapshot, hostsOf(request, snapshot), place).has(origin.toLowerCase())) {
    throw new GatewayError('host_refused', { internal: { origin } });
  }
}

/** Where a connection has come in. */
interface Place {
  readonly address: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
}
const DEFAULT_PORTS = { http: 80, https: 443 };

function placeOf(socket: Socket): Place {
  const isEncrypted = 'encrypted' in socket && socket.encrypted === true;
  const { localAddress = '', localPort = 0 } = socket;
  return { address: localAddress, port: localPort, scheme: isEncrypted ? 'https' : 'http' };
}

/** A connection's local address never changes, so its hosts are made once per connection and snapshot. */
const perSocket = new WeakMap<Socket, { readonly snapshot: Snapshot; readonly hosts: ReadonlySet<string> }>();

function hostsOf({ socket }: IncomingMessage, snapshot: Snapshot): ReadonlySet<string> {
  const known = perSocket.get(socket);
  if (known?.snapshot === snapshot) return known.hosts;
  const hosts = allowedHosts(snapshot, placeOf(socket));
  perSocket.set(socket, { snapshot, hosts });
  return hosts;
}

const cache = new WeakMap<Snapshot, Map<string, ReadonlySet<string>>>();

function allowedHosts(snapshot: Snapshot, place: Place): ReadonlySet<string> {
  const known = cache.get(snapshot) ?? new Map<string, ReadonlySet<string>>();
  cache.set(snapshot, known);
  const key = `${place.scheme} ${place.address} ${place.port}`;
  const hosts = known.get(key) ?? makeHosts(snapshot, place);
  known.set(key, hosts);
  return hosts;
}

/** Design §5: `publicUrl`, `allowedHosts`, on loopback its names, and the literal address of the local socket. */
function makeHosts(snapshot: Snapshot, { address, port, scheme }: Place): ReadonlySet<string> {
  const plain = address.replace(/^::ffff:/, '').replace(/%.*$/, '');
  const names = [plain.includes(':') ? `[${plain}]` : plain];
  if (plain === '::1' || plain.startsWith('127.')) names.push('localhost', '127.0.0.1', '[::1]');
  const hosts = new Set(names.map((name) => `${name}:${port}`));
  // A client leaves out the port that its scheme has (RFC 9110 §4.2).
  if (port === DEFAULT_PORTS[scheme]) for (const name of names) hosts.add(name);
  for (const host of snapshot.publicUrl === undefined ? [] : hostsOfUrl(new URL(snapshot.publicUrl))) hosts.add(host);
  for (const host of snapshot.allowedHosts) {
    hosts.add(host.toLowerCase());
    if (!/:\d+$/.test(host)) hosts.add(`${host.toLowerCase()}:${port}`);
  }
  return hosts;
}

function hostsOfUrl({ host, port, protocol }: URL): string[] {
  return port === '' ? [host, `${host}:${protocol === 'https:' ? 443 : 80}`] : [host];
}

const origins = new WeakMap<ReadonlySet<string>, ReadonlySet<string>>();

/** Of the allowed hosts only what this listener itself serves: another port or scheme is somebody else's page. */
function originsOf(snapshot: Snapshot, hosts: ReadonlySet<string>, { port, scheme }: Place): ReadonlySet<string> {
  const known = origins.get(hosts);
  if (known) return known;
  const made = new Set<string>();
  for (const host of hosts) {
    const url = URL.parse(`${scheme}://${host}`);
    if (url && Number(url.port || DEFAULT_PORTS[scheme]) === port) made.add(url.origin);
  }
  if (snapshot.publicUrl !== undefined) made.add(new URL(snapshot.publicUrl).origin);
  for (const origin of snapshot.allowedOrigins) made.add(origin.toLowerCase());
  origins.set(hosts, made);
  return made;
}
