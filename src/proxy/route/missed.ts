/*
 * A caller asked for a name that it does not see, though its server is there: perhaps that server's list is old, or it shows
 * this caller more than others. The call is refused now; what is found out is there for the next one.
 */
import type { AuthedCall } from '../../model/call.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import { codecOf } from '../../wire/codecs.ts';
import type { Upstreams } from '../upstream/upstreams.ts';
import { facing } from './route.ts';

export function missedAt(upstreams: Upstreams) {
  return (names: readonly string[], kind: EntryKind, { principal, client, revision }: AuthedCall): void => {
    const caller = { principal, client, codec: codecOf(revision) };
    for (const name of names) {
      const upstream = upstreams.of(name);
      if (upstream) upstream.offers.missed(kind, facing(upstream, caller));
    }
  };
}
