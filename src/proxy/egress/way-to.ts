/*
 * The way to a server, for as many connections as it takes.
 *
 * An address of the local file is gone to as it stands. Any other one is judged by the rules before there is anything, and
 * once more with every connection, by the rules of that moment: a name may lead elsewhere by then, and a rule may be gone.
 */
import { GatewayError } from '../../model/errors.ts';
import type { EgressRule } from '../../model/snapshot.ts';
import { hostOf, isLiteral } from './addresses.ts';
import { EgressError, refusal } from './egress-error.ts';
import type { ProxyOf } from './proxies.ts';
import type { Resolve } from './resolve.ts';
import { passageTo, type Takes } from './rules.ts';

export interface WayParts {
  /** Directly when left out. */
  readonly proxyOf?: ProxyOf | undefined;
  /** Those of now; none when left out. */
  readonly egressRules?: () => readonly EgressRule[];
  readonly resolve?: Resolve | undefined;
}

export interface WayTo {
  readonly url: string;
  /** Addresses that may be connected to; any when undefined. */
  readonly takes?: Takes | undefined;
  readonly resolve?: Resolve | undefined;
  readonly proxyOf?: ProxyOf | undefined;
}

type Address = { readonly url: string; readonly trusted: boolean };

/** Throws `upstream_down` for an address that must not be gone to. */
export function wayTo({ url, trusted }: Address, { proxyOf, egressRules = noRules, resolve }: WayParts): WayTo {
  if (trusted) return { url, proxyOf };
  try {
    const passage = passageTo(url, [], egressRules());
    const target = withHost(passage.url, hostOf(passage.url));
    if (!proxyOf?.(target)) return { url: target.href, takes: takesNow(url, egressRules), resolve };
    // As for what is fetched (fetch-once.ts): behind a proxy nobody here sees what a name resolves to.
    if (passage.takes && !isLiteral(hostOf(target))) throw refusal('proxy', target.origin);
    return { url: target.href, proxyOf };
  } catch (thrown) {
    if (!(thrown instanceof EgressError)) throw thrown;
    throw new GatewayError('upstream_down', { internal: { why: thrown.message }, cause: thrown });
  }
}

/** Whether the rules let anybody go there at all; what a name resolves to is not known. */
export function isRefused({ url, trusted }: Address, rules: readonly EgressRule[]): boolean {
  try {
    return !trusted && passageTo(url, [], rules) === undefined;
  } catch {
    return true;
  }
}

function noRules(): readonly EgressRule[] {
  return [];
}

function takesNow(url: string, egressRules: () => readonly EgressRule[]): Takes {
  return (address) => {
    try {
      return passageTo(url, [], egressRules()).takes?.(address) ?? true;
    } catch {
      return false;
    }
  };
}

/** The name as certificates and virtual hosts know it. */
export function withHost(url: URL, host: string): URL {
  const target = new URL(url);
  target.hostname = host.includes(':') ? `[${host}]` : host;
  return target;
}
