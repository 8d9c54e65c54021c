/*
 * The issuers of the configuration, and the schemes that judge their tokens.
 *
 * What is known of an issuer (its keys, where it keeps them) outlives a change of the configuration that does not concern
 * it: otherwise a reload while the issuer is down would lock everybody out.
 */
import type { IdentityDefinition, IssuerDefinition } from '../../../model/identity.ts';
import type { People } from '../../../model/people.ts';
import { type Denies, denierOf } from '../denied.ts';
import type { Scheme, SchemesOf } from '../scheme.ts';
import { Discovery } from './discovery.ts';
import { Introspection } from './introspection.ts';
import { type Ask, type AskParts, askWith } from './issuer-answers.ts';
import { type JwtIssuer, jwtScheme } from './jwt-scheme.ts';
import { readKeySet } from './key-set.ts';
import { type KeySource, sharedSecrets } from './key-source.ts';
import { opaqueScheme } from './opaque-scheme.ts';
import { Pace } from './pace.ts';
import { RemoteKeys } from './remote-keys.ts';
import { bearerOf } from './token-bearer.ts';
import { pinnedAlgorithms } from './token-rules.ts';

export interface IssuerParts extends AskParts {
  readonly people?: () => People;
  /** Wall clock. */
  readonly now: () => number;
  /** Monotonic. */
  readonly clock: () => number;
  readonly sleep: (ms: number) => { readonly done: Promise<void>; readonly wake: () => void };
  /** For the operator: an issuer that cannot be asked. */
  readonly onFailure: (what: string, error: unknown) => void;
}

/** What is known of one issuer. */
interface Acquaintance {
  readonly discovery: Discovery;
  readonly keys: KeySource;
}

/** Signed tokens first: what has the form of one is judged as one, and asked about nowhere. */
export function issuerSchemes(parts: IssuerParts): SchemesOf {
  let known: ReadonlyMap<string, Acquaintance> = new Map();
  const ask = askWith(parts);
  return (identity) => {
    const of = (issuer: IssuerDefinition) => known.get(nameOf(issuer)) ?? meet(issuer, ask, parts);
    known = new Map(identity.issuers.map((each) => [nameOf(each), of(each)]));
    const { issuers } = identity;
    const denies = denierOf(identity.denied);
    const signed = issuers.map((each): [string, JwtIssuer] => [
      each.issuer,
      jwtIssuer(each, of(each), identity, parts.people),
    ]);
    const schemes = issuers.length === 0 ? [] : [jwtScheme(new Map(signed), denies, parts.now)];
    return [...schemes, ...opaque(identity, { ...parts, ask, denies, of })];
  };
}

function jwtIssuer(
  definition: IssuerDefinition,
  { keys }: Acquaintance,
  identity: IdentityDefinition,
  people?: () => People,
): JwtIssuer {
  const kind = definition.keys.kind === 'secrets' ? 'secrets' : 'keys';
  const algorithms = pinnedAlgorithms(kind, definition.algorithms);
  return { definition, algorithms, keys, bearerOf: bearerOf(definition, identity, people) };
}

interface OpaqueParts extends IssuerParts {
  readonly ask: Ask;
  readonly denies: Denies;
  readonly of: (issuer: IssuerDefinition) => Acquaintance;
}

function opaque(identity: IdentityDefinition, { of, denies, now, ...parts }: OpaqueParts): readonly Scheme[] {
  const definition = identity.issuers.find(({ introspection }) => introspection !== undefined);
  if (!definition?.introspection) return [];
  const client = definition.introspection;
  const { discovery } = of(definition);
  const introspection = new Introspection(definition, client, { ...parts, discovery });
  const bearer = bearerOf(definition, identity, parts.people);
  return [opaqueScheme({ definition, cacheMs: client.cacheMs, introspection, bearerOf: bearer, denies }, now)];
}

/** All that its keys depend on. */
function nameOf({ issuer, keys }: IssuerDefinition): string {
  return JSON.stringify([issuer, keys]);
}

function meet(definition: IssuerDefinition, ask: Ask, parts: IssuerParts): Acquaintance {
  const discovery = new Discovery(definition.issuer, ask, parts.clock);
  const keys = keysOf(definition, discovery, ask, parts);
  keys.warm();
  return { discovery, keys };
}

function keysOf({ issuer, keys }: IssuerDefinition, discovery: Discovery, ask: Ask, parts: IssuerParts): KeySource {
  if (keys.kind === 'secrets') return sharedSecrets(keys.secrets);
  const { clock, sleep, limits, onLimit } = parts;
  const fetchSet = async () => {
    const url = keys.kind === 'jwks' ? keys.url : (await discovery.places()).jwksUri;
    if (url === undefined) throw new Error('its metadata names no keys');
    const named = keys.kind === 'jwks' ? [keys.url] : [issuer];
    const body = await ask({ url, named, limit: 'issuerAnswerBytesMax' });
    return readKeySet(body, limits().issuerKeysMax, () => onLimit('issuerKeysMax'));
  };
  const onFailure = (error: unknown) => {
    discovery.forget();
    parts.onFailure(`the keys of ${issuer} cannot be had`, error);
  };
  return new RemoteKeys({ fetchSet, pace: new Pace(clock), clock, sleep, onFailure });
}
