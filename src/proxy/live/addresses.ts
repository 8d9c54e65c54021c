/*
 * Whether the gateway may dial an address that somebody told an API, before it is kept: by the rules by which it will be
 * dialled, with what its name resolves to now. The connection is checked again, and then for good.
 *
 * A name that nobody knows is no fault, for it may come; and what is at an address is not looked at, so that an open port
 * and a closed one are the same.
 */
import type { Snapshot } from '../../model/snapshot.ts';
import { hostOf, isLiteral } from '../egress/addresses.ts';
import { EgressError, refusal } from '../egress/egress-error.ts';
import type { ProxyOf } from '../egress/proxies.ts';
import { bySystem, checkedAddresses, type Resolve } from '../egress/resolve.ts';
import { type Passage, passageTo } from '../egress/rules.ts';
import type { TimerWheel } from '../timer-wheel.ts';

export interface AddressParts {
  readonly snapshot: () => Snapshot;
  readonly proxyOf: ProxyOf;
  readonly wheel: Pick<TimerWheel, 'sleep'>;
  /** That of the system, unless told. */
  readonly resolve?: Resolve;
}

/** Who waits for an answer of the API does not wait for a name server that is gone. */
const LOOKUP_MS_MAX = 2_000;

/** The rule that it is against, in words; undefined when there is none. */
export async function addressFault(parts: AddressParts, address: string): Promise<string | undefined> {
  try {
    await looked(parts, passageTo(address, [], parts.snapshot().egress));
    return undefined;
  } catch (error) {
    if (error instanceof EgressError && error.failure.kind === 'refused') return error.message;
    throw error;
  }
}

async function looked({ proxyOf, wheel, resolve = bySystem }: AddressParts, { url, takes }: Passage): Promise<void> {
  const host = hostOf(url);
  if (takes === undefined || isLiteral(host)) return;
  if (proxyOf(url) !== undefined) throw refusal('proxy', url.origin);
  const patience = wheel.sleep(LOOKUP_MS_MAX);
  const found = resolve(host).catch(() => []);
  const addresses = await Promise.race([found, patience.done.then(() => [])]);
  patience.wake();
  if (addresses.length > 0) await checkedAddresses(host, takes, async () => addresses);
}
