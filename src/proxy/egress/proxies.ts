/*
 * Which proxy a connection goes through, as the environment says: HTTPS_PROXY, HTTP_PROXY (by the scheme of the target),
 * NO_PROXY, in either case; the lower one wins, as for curl.
 *
 * NO_PROXY is a list, by commas or blanks: `*` for everything, names (`corp.test` and `.corp.test` alike are the name and
 * all below it), addresses, ranges (`10.0.0.0/8`), each also with a port. The machine itself is never reached through a
 * proxy: from there it would be another one. A proxy that is named and cannot be used is not the same as none.
 */
import { hostOf, isLiteral, isLoopback, rangeOf } from './addresses.ts';

export type HttpProxy = { readonly url: URL } | { readonly unusable: string };

/** Undefined: directly. */
export type ProxyOf = (url: URL) => HttpProxy | undefined;

type Variables = Readonly<Record<string, string | undefined>>;

export function proxiesIn(variables: Variables): ProxyOf {
  const read = (name: string) => variables[name.toLowerCase()] ?? variables[name] ?? '';
  const secure = proxyAt('HTTPS_PROXY', read('HTTPS_PROXY'));
  const plain = proxyAt('HTTP_PROXY', read('HTTP_PROXY'));
  const exceptions = read('NO_PROXY')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(exceptionOf);
  return (url) => {
    const host = hostOf(url);
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    if (isLoopback(host) || exceptions.some((covers) => covers(host, port))) return undefined;
    return url.protocol === 'https:' ? secure : plain;
  };
}

function proxyAt(variable: string, address: string): HttpProxy | undefined {
  if (address.trim() === '') return undefined;
  const text = address.includes('://') ? address.trim() : `http://${address.trim()}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The value is not quoted: it may hold a password.
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    return { unusable: `${variable} must be the address of an http or https proxy` };
  return isEncoded(url.username + url.password)
    ? { url }
    : { unusable: `${variable} must have each % of its user name and password as %25` };
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

type Exception = (host: string, port: string) => boolean;

function exceptionOf(entry: string): Exception {
  if (entry === '*') return () => true;
  const { name, port } = partsOf(entry.toLowerCase());
  const range = rangeOf(name);
  const domain = name.replace(/^\*?\./, '').replace(/\.$/, '');
  const covers = range ?? ((host: string) => !isLiteral(host) && (host === domain || host.endsWith(`.${domain}`)));
  return (host, asked) => (port === undefined || port === asked) && covers(host);
}

/** `name:port`, `[::1]:port`, `[::1]`, or as it is: an IPv6 address has colons of its own. */
function partsOf(entry: string): { readonly name: string; readonly port: string | undefined } {
  const [, bracketed, name = '', port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? [];
  return bracketed === undefined && name === '' ? { name: entry, port: undefined } : { name: bracketed ?? name, port };
}
