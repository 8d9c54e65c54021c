/*
 * Whom a question is about: a principal by its name, as the configuration makes it, or whoever a credential proves.
 *
 *   local                  the user of this machine                  key:{id}            an API key
 *   anonymous              who comes without a credential            {issuer}|{subject}  a subject of an issuer
 *   token:{name}           a static token                            user:{name}         a user of the store
 *                                                                    a user of the file
 *
 * Anything else is taken for a credential, and judged as if it had been presented; nobody's failures are counted by that.
 * Where one organisation asks, names alone are taken, of who acts in it: who may ask why is no oracle for tokens.
 */
import type { GatewayError } from '../../model/errors.ts';
import type { RefusedWhy } from '../../model/event.ts';
import type { ExplainQuestion } from '../../model/explanation.ts';
import { asksForCredentials, type IssuerDefinition } from '../../model/identity.ts';
import { LOCAL_USER, NOBODY, type Principal } from '../../model/principal.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { refusalOf } from '../auth/basis.ts';
import { denierOf } from '../auth/denied.ts';
import { keyFound } from '../auth/keys.ts';
import { readCompact } from '../auth/oauth/compact.ts';
import { bearerOf } from '../auth/oauth/token-bearer.ts';
import { isOurKey } from '../auth/our-key.ts';
import { Places } from '../auth/places.ts';
import type { Found } from '../auth/scheme.ts';
import { tokenFound } from '../auth/tokens.ts';
import type { Verifier } from '../auth/verify.ts';
import { storedWho } from './stored-who.ts';

export interface WhoParts {
  readonly snapshot: () => Snapshot;
  readonly verifier: Pick<Verifier, 'identify' | 'lastSeen'>;
  /** Wall clock. */
  readonly now: () => number;
}

export type Recognised =
  | {
      readonly principal: Principal;
      /** How it was recognised. */
      readonly by: string;
      /** Who signed for it. */
      readonly issuer: IssuerDefinition | undefined;
      readonly wasCredential?: true;
    }
  | { readonly nobody: string; readonly wasCredential?: true };

export async function recognise(parts: WhoParts, question: ExplainQuestion): Promise<Recognised> {
  const { as } = question;
  if ('name' in as) return within(as.organisation, lettingIn(parts, namedBy(parts, as.name, question)));
  const named = 'word' in as ? lettingIn(parts, namedBy(parts, as.word, question)) : undefined;
  return named ?? presented(parts, 'word' in as ? as.word : as.credential, question.endpoint);
}

/** Nobody who is switched off. */
function lettingIn({ snapshot }: WhoParts, found: Recognised | undefined): Recognised | undefined {
  const isOff = found && 'principal' in found && refusalOf(found.principal, snapshot()) !== undefined;
  return isOff ? { nobody: REFUSED.denied } : found;
}

function within(organisation: string, found: Recognised | undefined): Recognised {
  const isMember = found && !('nobody' in found) && found.principal.organisation === organisation;
  return isMember ? found : { nobody: REFUSED.unknown };
}

function namedBy(parts: WhoParts, word: string, { as, claims, endpoint }: ExplainQuestion): Recognised | undefined {
  const snapshot = parts.snapshot();
  const { identity } = snapshot;
  if (word === 'local') return whom(LOCAL_USER, 'the user of this machine, over pipes or the operator’s socket');
  if (word === 'anonymous') {
    const { anonymous } = new Places(snapshot, '').of(endpoint);
    return anonymous ? whom(anonymous, 'no credential, which this server asks none for') : undefined;
  }
  const denies = denierOf(identity.denied);
  const token = identity.tokens.find(({ name }) => word === `token:${name}`);
  if (token) return judged(tokenFound(token, identity, denies), 'a static token of the configuration');
  const key = identity.keys.find(({ id }) => word === `key:${id}`);
  const judging = { denies, nowMs: parts.now() };
  if (key) return judged(keyFound(key, identity, judging), 'an API key of the configuration');
  const stored = storedWho(snapshot, word, 'organisation' in as ? as.organisation : undefined, judging);
  if (stored) return judged(stored, 'what is stored, with the roles of now');
  return bySubject(parts, word, claims) ?? byUser(parts, word, claims);
}

type Claims = ExplainQuestion['claims'];

/** The first `|` ends the issuer: subjects may have some of their own. */
function bySubject({ snapshot, verifier }: WhoParts, word: string, claims: Claims): Recognised | undefined {
  const { identity, people } = snapshot();
  const bar = word.indexOf('|');
  const issuer = bar < 0 ? undefined : identity.issuers.find((each) => each.issuer === word.slice(0, bar));
  if (!issuer) return undefined;
  const subject = word.slice(bar + 1);
  const seen = claims ? undefined : verifier.lastSeen(word);
  // Of a principal without claims nothing can be required.
  const rules = claims ? issuer : { ...issuer, claims: { ...issuer.claims, required: [] } };
  const principal = seen ?? bearerOf(rules, identity, () => people)(subject, claims ?? {})?.principal;
  const names = [subject, word, principal?.user];
  if (denierOf(identity.denied)({ issuer: issuer.issuer, subjects: names, tokenId: undefined }))
    return { nobody: REFUSED.denied };
  if (!principal) return { nobody: REFUSED.claims };
  if (seen) return { principal, by: 'the token of theirs that was shown last', issuer };
  const by = claims ? 'claims that were given with the question' : 'its id alone, so that claims give it nothing';
  return { principal, by, issuer };
}

function byUser(parts: WhoParts, word: string, claims: Claims): Recognised | undefined {
  const user = parts.snapshot().identity.users.get(word);
  if (!user) return undefined;
  const [first] = user.identities;
  const found = first && bySubject(parts, `${first.issuer}|${first.subject}`, claims);
  if (found) return found;
  const { name, organisation, roles, groups } = user;
  const principal: Principal = { ...NOBODY, id: name, kind: 'user', organisation, user: name, roles, groups };
  return whom(principal, 'a user of the configuration, as a credential of that user without rights of its own');
}

async function presented(parts: WhoParts, credential: string, endpoint: string): Promise<Recognised> {
  const { identity } = parts.snapshot();
  if (!asksForCredentials(identity) && !isOurKey(credential))
    return whom(LOCAL_USER, 'nothing: no credential is asked for, and everybody is');
  const asking = { presented: { credential, isBare: false, inQuery: false }, endpoint, from: undefined };
  try {
    const { principal } = await parts.verifier.identify(asking);
    const issuer = identity.issuers.find((each) => principal.id.startsWith(`${each.issuer}|`));
    return { principal, by: schemeOf(principal, credential), issuer, wasCredential: true };
  } catch (thrown) {
    const why = (thrown as GatewayError).internal as { why?: RefusedWhy } | undefined;
    return { nobody: REFUSED[why?.why ?? 'failed'], wasCredential: true };
  }
}

function schemeOf({ kind }: Principal, credential: string): string {
  if (kind === 'token') return 'a static token';
  if (kind === 'key') return 'an API key';
  return readCompact(credential) ? 'a signed token' : 'a token that its issuer was asked about';
}

function whom(principal: Principal, by: string): Recognised {
  return { principal, by, issuer: undefined };
}

function judged(found: Found, by: string): Recognised {
  if (!found) return { nobody: REFUSED.unknown };
  return 'refused' in found ? { nobody: REFUSED[found.refused] } : whom(found.principal, by);
}

const REFUSED: Readonly<Record<RefusedWhy, string>> = {
  malformed: 'It cannot be read as a credential.',
  ambiguous: 'Two different credentials are presented.',
  unknown: 'It is no principal that is known here, and no credential that holds.',
  expired: 'It has expired.',
  denied: 'It is on the deny list, or the credential, its user or its principal is switched off.',
  not_here: 'It holds, but this endpoint has a token list of its own, and it is not on that.',
  signature: 'Its signature fits no key of its issuer.',
  issuer: 'Its issuer is none of the configuration.',
  audience: 'It was made for somebody else: its audience is neither this endpoint nor one that its issuer may name.',
  claims: 'A claim is missing, or cannot be believed.',
  inactive: 'Its issuer says that it does not hold.',
  failed: 'It could not be found out whether it holds.',
};
