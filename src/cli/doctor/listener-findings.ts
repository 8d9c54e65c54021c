/*
 * What may be wrong with where clients come in.
 */
import { X509Certificate } from 'node:crypto';
import { isLoopback } from '../../config/loopback.ts';
import { asksForCredentials } from '../../model/identity.ts';
import type { Examined, Finding } from './finding.ts';

const DAY_MS = 86_400_000;

export const LISTENER_FINDINGS: readonly Finding[] = [
  {
    id: 'anonymous-behind-public-url',
    severity: 'serious',
    say: 'Nobody is asked who he is, and a proxy leads others here: each of them acts as the local user.',
    fix: 'Add tokens, keys or issuers under "auth", or remove "publicUrl".',
    where: ({ config: { publicUrl, identity } }) =>
      publicUrl !== undefined && !isLoopback(new URL(publicUrl).hostname) && !asksForCredentials(identity)
        ? [publicUrl]
        : [],
  },
  {
    id: 'plain-http',
    severity: 'serious',
    say: 'Other machines reach this listener without TLS: credentials and answers can be read and changed on the way.',
    fix: 'Set "listen.tls", or listen on 127.0.0.1 behind a proxy that speaks TLS and set "publicUrl" to its https address.',
    where: (about) => (isReachable(about) && !about.config.listen.tls && !isHttps(about) ? [address(about)] : []),
  },
  {
    id: 'plain-http-behind-proxy',
    severity: 'note',
    say: 'The listener speaks no TLS and relies on the proxy of "publicUrl".',
    fix: 'Let nobody but the proxy reach this address, or set "listen.tls" too.',
    where: (about) => (isReachable(about) && !about.config.listen.tls && isHttps(about) ? [address(about)] : []),
  },
  {
    id: 'public-url-without-tls',
    severity: 'warning',
    say: 'Clients are told an address without TLS: what they send can be read and changed on the way.',
    fix: 'Let the proxy speak TLS and write https:// in "publicUrl".',
    where: ({ config: { publicUrl } }) => (isClear(publicUrl) ? [publicUrl ?? ''] : []),
  },
  {
    id: 'no-public-url',
    severity: 'warning',
    say: 'The address for which issuers must make tokens is that of the listener, which clients may know by another one.',
    fix: 'Set "publicUrl" to the address that clients use.',
    where: (about) => {
      const { publicUrl, identity } = about.config;
      return publicUrl === undefined && isReachable(about) && identity.issuers.length > 0 ? [address(about)] : [];
    },
  },
  {
    id: 'metrics-behind-proxy',
    severity: 'note',
    say: 'A proxy on this machine that adds no X-Forwarded-For leads strangers to /metrics, which is open on loopback.',
    fix: 'Let the proxy add it, or not lead to /metrics.',
    where: (about) => (about.config.publicUrl !== undefined && !isReachable(about) ? [about.config.publicUrl] : []),
  },
  {
    id: 'every-proxy-trusted',
    severity: 'serious',
    say: 'Everybody is believed to be a proxy: each client chooses the address that conditions and limits see.',
    fix: 'List the addresses of your own proxies in "listen.trustedProxies", or remove it.',
    where: ({ config }) => config.trustedProxies.filter((range) => bitsOf(range) === 0),
  },
  {
    id: 'many-proxies-trusted',
    severity: 'warning',
    say: 'A large part of the network may say from which address a request comes.',
    fix: 'List the addresses of your own proxies alone.',
    where: ({ config }) => config.trustedProxies.filter((range) => bitsOf(range) > 0 && bitsOf(range) < narrow(range)),
  },
  {
    id: 'allowed-origins',
    severity: 'note',
    say: 'Pages of other sites may call the gateway from the browsers of their visitors.',
    fix: 'Keep those you trust as you trust the gateway.',
    where: ({ config }) => config.allowedOrigins.filter((origin) => !isClear(origin)),
  },
  {
    id: 'origins-without-tls',
    severity: 'warning',
    say: 'Whoever is on the way can put words into pages that came without TLS, and those may call the gateway.',
    fix: 'Allow the https origin instead.',
    where: ({ config }) => config.allowedOrigins.filter(isClear),
  },
  {
    id: 'certificate-over',
    severity: 'serious',
    say: 'The certificate is not good any more: clients refuse it.',
    fix: 'Renew it; the files are read again by themselves.',
    where: ({ certificates, nowMs }) => certificates.filter(({ endsMs }) => endsMs <= nowMs).map(({ path }) => path),
  },
  {
    id: 'certificate-ends',
    severity: 'warning',
    say: 'The certificate ends within 14 days.',
    fix: 'Renew it; the files are read again by themselves.',
    where: ({ certificates, nowMs }) =>
      certificates.filter(({ endsMs }) => endsMs > nowMs && endsMs < nowMs + 14 * DAY_MS).map(({ path }) => path),
  },
];

/** From other machines. */
export function isReachable({ config }: Examined): boolean {
  return !isLoopback(config.listen.host);
}

export function address({ config: { listen } }: Examined): string {
  return `${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
}

function isHttps({ config: { publicUrl } }: Examined): boolean {
  return publicUrl?.startsWith('https:') === true;
}

/** Plain HTTP, and not on this machine. */
function isClear(url: string | undefined): boolean {
  return url?.startsWith('http:') === true && !isLoopback(new URL(url).hostname);
}

export function bitsOf(range: string): number {
  const [base = '', bits] = range.split('/');
  return bits === undefined ? (base.includes(':') ? 128 : 32) : Number(bits);
}

/** What one organisation has at most. */
function narrow(range: string): number {
  return range.includes(':') ? 32 : 8;
}

export function endOf(pem: Buffer): number {
  return Date.parse(new X509Certificate(pem).validTo);
}
