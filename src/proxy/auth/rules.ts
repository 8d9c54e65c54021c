/*
 * What people decided about credentials, made ready, with two numbers: one is another whenever the file says something else of
 * whom it knows, and everything is found out anew then; the other whenever anything changed that a credential could rest
 * on, and then each looks at what it rests on itself (`basis.ts`).
 *
 * Most changes are about servers and tools, or about one key of fifty thousand. Nothing that there are many of is compared.
 */
import { isDeepStrictEqual } from 'node:util';
import { asksForCredentials, type IdentityDefinition } from '../../model/identity.ts';
import type { Overlay } from '../../model/overlay.ts';
import type { People } from '../../model/people.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { Places } from './places.ts';
import { baseUrl } from './resource.ts';
import type { Scheme, SchemesOf } from './scheme.ts';

export interface Rules {
  readonly number: number;
  readonly generation: number;
  readonly identity: IdentityDefinition;
  readonly people: People;
  readonly overlay: Overlay;
  readonly places: Places;
  readonly schemes: readonly Scheme[];
  /** False where everybody who presents nothing of ours is the local user. */
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
    rules = adopted(rules, now, baseUrl(now.publicUrl, listener()), schemesOf);
    return rules;
  };
}

function adopted(before: Rules | undefined, now: Snapshot, base: string, schemesOf: SchemesOf): Rules {
  const { identity, people, overlay } = now;
  const isSame = before !== undefined && isSameIdentity(before.identity, identity);
  const places = isSame && before.places.isFor(now, base) ? before.places : new Places(now, base);
  if (isSame && before.people === people && before.overlay === overlay && before.places === places) return before;
  return {
    number: (before?.number ?? 0) + (isSame ? 0 : 1),
    generation: (before?.generation ?? 0) + 1,
    ...{ identity: isSame ? before.identity : identity, people, overlay, places },
    schemes: isSame ? before.schemes : schemesOf(identity),
    asks: asksForCredentials(identity),
  };
}

function isSameIdentity(before: IdentityDefinition, now: IdentityDefinition): boolean {
  return before === now || isDeepStrictEqual(before, now);
}
