/*
 * Where the gateway may go (design §6, egress).
 *
 * What a person wrote in the local file is trusted as it stands. An address from anywhere else (metadata, keys, what an
 * API was told) may only be public https on port 443, or what an egress rule names. A rule that names a host is the
 * operator's word for that name: it covers whatever the name resolves to, and no other name. A rule that names a range
 * covers what is in it, under whatever name.
 */
import type { EgressRule } from '../../model/snapshot.ts';
import { hostOf, isLiteral, isPublic, rangeOf } from './addresses.ts';
import { refusal } from './egress-error.ts';

/** Whether a connection to this address may be opened. */
export type Takes = (address: string) => boolean;

/** An address that may be dialled. */
export interface Passage {
  readonly url: URL;
  /** Undefined where the host itself is somebody's word, whatever it resolves to. */
  readonly takes: Takes | undefined;
}

const PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Throws an EgressError for what must not be dialled. `trustedOrigins` are those of addresses in the local file. */
export function passageTo(address: string, trustedOrigins: readonly string[], rules: readonly EgressRule[]): Passage {
  const url = parsed(address);
  if (trustedOrigins.some((origin) => originOf(origin) === url.origin)) return { url, takes: undefined };
  const fitting = rules.filter((rule) => fits(rule, url));
  const host = hostOf(url);
  if (fitting.some((rule) => namesHost(rule, host))) return { url, takes: undefined };
  const takes = takesOf(fitting, url);
  if (isLiteral(host) ? takes(host) : mayBeLookedUp(host, fitting, url)) return { url, takes };
  throw refusal(reasonFor(url, fitting), url.origin);
}

/** A name without a dot is one of the own network, if anything: nobody else's word makes us look for it. */
function mayBeLookedUp(host: string, fitting: readonly EgressRule[], url: URL): boolean {
  return fitting.some(isRange) || (isOpen(url) && host.includes('.'));
}

function parsed(address: string): URL {
  if (!URL.canParse(address)) throw refusal('scheme', 'What is no URL');
  const url = new URL(address);
  if (!(url.protocol in PORTS)) throw refusal('scheme', `A ${url.protocol} address`);
  if (url.username !== '' || url.password !== '') throw refusal('credentials', url.origin);
  return url;
}

function originOf(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).origin : undefined;
}

/** What anybody may name: https on its own port. */
function isOpen(url: URL): boolean {
  return url.protocol === 'https:' && portOf(url) === 443;
}

function portOf(url: URL): number {
  return url.port === '' ? (PORTS[url.protocol] ?? 0) : Number(url.port);
}

function fits({ ports, http }: EgressRule, url: URL): boolean {
  if (url.protocol === 'http:' && !http) return false;
  return (ports ?? (http ? [443, 80] : [443])).includes(portOf(url));
}

function isRange({ host }: EgressRule): boolean {
  return rangeOf(host) !== undefined;
}

function namesHost(rule: EgressRule, host: string): boolean {
  const named = rule.host.toLowerCase().replace(/\.$/, '');
  if (isLiteral(host)) return false;
  return named.startsWith('*.') ? host.endsWith(named.slice(1)) && host !== named.slice(1) : named === host;
}

function takesOf(fitting: readonly EgressRule[], url: URL): Takes {
  const ranges = fitting.flatMap(({ host }) => rangeOf(host) ?? []);
  const open = isOpen(url);
  return (address) => (open && isPublic(address)) || ranges.some((holds) => holds(address));
}

/** What would have to be otherwise, the nearest first. */
function reasonFor(url: URL, fitting: readonly EgressRule[]): 'https' | 'port' | 'public' {
  if (fitting.some(isRange)) return 'public';
  if (url.protocol !== 'https:') return 'https';
  return portOf(url) === 443 ? 'public' : 'port';
}
