/*
 * What people decided about credentials, compiled, and a number that is another one whenever any of it changed.
 *
 * Most changes of a configuration are about servers and tools. Those leave the number as it is, so that they do not cost
 * every credential its verification.
 */
import { isDeepStrictEqual } from 'node:util';
import { asksForCredentials, type IdentityDefinition } from '../../model/identity.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { Places } from './places.ts';
import { baseUrl } from './resource.ts';
import type { Scheme, SchemesOf } from './scheme.ts';

export interface Rules {
  readonly number: number;
  readonly identity: IdentityDefinition;
  readonly places: Places;
  readonly schemes: readonly Scheme[];
  /** False where everybody is the local user. */
  readonly asks: boolean;
}

export interface RulesParts {
  readonly snapshot: () => Snapshot;
  readonly schemesOf: SchemesOf;
  /** `http(s)://host:port` of the listener. */
  readonly listener: () => string;
}

/** Gives the rules of now. */
export function rulesOf({ snapshot, schemesOf, listener }: RulesParts): () => Rules {
  let seen: Snapshot | undefined;
  let rules: Rules | undefined;
  return () => {
    const now = snapshot();
    if (rules && now === seen) return rules;
    seen = now;
    rules = adopted(rules, now, new Places(now, baseUrl(now.publicUrl, listener())), schemesOf);
    return rules;
  };
}

function adopted(before: Rules | undefined, { identity }: Snapshot, places: Places, schemesOf: SchemesOf): Rules {
  const isSame = before !== undefined && isDeepStrictEqual(before.identity, identity);
  if (isSame && before.places.equals(places)) return before;
  const schemes = isSame ? before.schemes : schemesOf(identity);
  return { number: (before?.number ?? 0) + 1, identity, places, schemes, asks: asksForCredentials(identity) };
}
