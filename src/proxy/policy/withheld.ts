/*
 * What the servers have and a caller does not see, for the operator: entries that a filter or a rule keeps out, and names that
 * an endpoint with several servers keeps out because another server has them.
 */
import { ENTRY_KINDS } from '../../model/catalogue.ts';
import type { WithheldEntry } from '../../model/operator.ts';
import type { Principal } from '../../model/principal.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Views } from './view.ts';

/** By server. Compiles views that perhaps nobody has asked for yet: for people who look, not for each call. */
export function withheldEntries(
  { endpoints }: Snapshot,
  views: Views,
  principal: Principal,
): ReadonlyMap<string, readonly WithheldEntry[]> {
  const found = new Map<string, WithheldEntry[]>();
  for (const { name: endpoint, naming } of endpoints.values()) {
    const lists = views.of(endpoint, principal)?.lists;
    for (const { server, kind, key, reason, why } of ENTRY_KINDS.flatMap((each) => lists?.[each].withheld ?? [])) {
      // What an endpoint with chosen tools leaves out is not missing: that is what it is for.
      if (reason !== 'name_conflict' && naming !== 'transparent') continue;
      const entries = found.get(server) ?? [];
      found.set(server, entries);
      entries.push({ kind, name: key, reason, why, endpoint });
    }
  }
  return found;
}
