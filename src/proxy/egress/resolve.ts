/*
 * From a name to addresses: looked up once for each connection, and nothing is connected to that was not in the answer.
 *
 * One bad address among good ones refuses the name: whoever mixes them hopes that the good ones are checked and a bad
 * one is used. Since the check and the connection share one answer, a name that changes in between changes nothing.
 */
import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { refusal } from './egress-error.ts';
import type { Takes } from './rules.ts';

export interface Resolved {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a name. Rejects when there is none. */
export type Resolve = (hostname: string) => Promise<readonly Resolved[]>;

export const bySystem: Resolve = (hostname) => systemLookup(hostname, { all: true });

/** For `net.connect`, which asks it once and tries what it gets in turn. */
export function checkedLookup(takes: Takes | undefined, resolve: Resolve = bySystem): LookupFunction {
  return (hostname, { all }, callback) => {
    checkedAddresses(hostname, takes, resolve).then(
      (found) => (all ? callback(null, [...found]) : callback(null, found[0].address, found[0].family)),
      (error: Error) => callback(error, '', 0),
    );
  };
}

export async function checkedAddresses(
  hostname: string,
  takes: Takes | undefined,
  resolve: Resolve,
): Promise<readonly [Resolved, ...Resolved[]]> {
  const [first, ...rest] = await resolve(hostname);
  if (!first) throw new Error('the name has no address');
  if (takes && ![first, ...rest].every(({ address }) => takes(address))) throw refusal('public', hostname);
  return [first, ...rest];
}
