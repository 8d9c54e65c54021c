/*
 * Whether a host name or address means this machine and nobody else.
 */
import { isIPv4 } from 'node:net';

/** RFC 1122 §3.2.1.3 (127/8), RFC 4291 §2.5.3 (::1), RFC 6761 §6.3 (localhost). */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}
