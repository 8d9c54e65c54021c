/*
 * Hosts and addresses as text: is it a literal, is it public, does it lie in a range.
 *
 * Public is what is known to be, not what is not known to be private: class `unicast` of ipaddr.js, and for IPv6 within
 * 2000::/3, all that is given out as global unicast (RFC 4291 §2.4, IANA). The second condition is not spare: an IPv4
 * address can also be written inside `::/96` (RFC 4291 §2.5.5.1), which ipaddr.js calls unicast.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** The host of a URL, without the brackets of IPv6 and the dot at the end of a name: `localhost.` is localhost. */
export function hostOf(url: URL): string {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

export function isLiteral(host: string): boolean {
  return isIP(host) !== 0;
}

export function isPublic(address: string): boolean {
  const parsed = parsedAs(address);
  if (parsed?.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
}

/** The machine itself, as a literal or by name (RFC 6761 §6.3). */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  return parsedAs(host)?.range() === 'loopback';
}

/** As Node reads an address and the library, too: it also takes `127.1`, and Node more names of zones. */
function parsedAs(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return isLiteral(text) && ipaddr.isValid(text) ? ipaddr.parse(text) : undefined;
}

/**
 * A range (`10.0.0.0/8`, or one address), ready to be asked; undefined for what is none. An IPv4 address inside an IPv6
 * one is in no IPv4 range: how it would be routed is not ours to guess.
 */
export function rangeOf(text: string): ((address: string) => boolean) | undefined {
  const [base = '', bits, more] = text.split('/');
  if (!isLiteral(base) || more !== undefined) return undefined;
  const prefix = bits ?? (isIP(base) === 4 ? '32' : '128');
  if (!ipaddr.isValidCIDR(`${base}/${prefix}`)) return undefined;
  const [network, length] = ipaddr.parseCIDR(`${base}/${prefix}`);
  return (address) => {
    const parsed = parsedAs(address);
    return parsed?.kind() === network.kind() && parsed.match(network, length);
  };
}
