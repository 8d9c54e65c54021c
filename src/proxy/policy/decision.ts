/*
 * What the one decision says. Three-valued: what depends on something that only a call knows is neither allowed nor denied
 * before there is one (design §4).
 */
import type { DoorName, RequestFacts } from '../../model/call.ts';
import type { EntryKind } from '../../model/catalogue.ts';
import type { Principal } from '../../model/principal.ts';
import type { Revision } from '../../model/revision.ts';
import type { EndpointDefinition, ServerDefinition } from '../../model/snapshot.ts';
import type { Trace } from './trace.ts';

/** `filtered`: a tool filter of the server or the endpoint. `disabled`, `killed`: an operator, while the gateway runs. */
export type RefusedBy = 'filtered' | 'denied' | 'disabled' | 'killed';

export type Settled =
  | { readonly answer: 'yes'; readonly rule: string }
  | { readonly answer: 'no'; readonly rule: string; readonly reason: RefusedBy }
  /** Nothing is missing but OAuth scopes that the endpoint offers: listed, and its call is told which (403). */
  | { readonly answer: 'step-up'; readonly rule: string; readonly scopes: readonly string[] };

/** Conditions look at more than the caller and the target. */
export interface Conditional {
  readonly answer: 'ask';
  /** The rules whose conditions are open, for `explain`. */
  readonly rule: string;
  /** A condition looks at the request: its time, address, header fields or door. Nothing that it decides may be kept. */
  readonly volatile: boolean;
  /** For a list: what may be, arguments unknown; the method is the one that uses the entry. Never gives an `ask`. */
  readonly listed: (about: RequestAbout) => Settled;
  /** For a call. `argumentsOf` gives the parsed arguments, or throws, which makes the condition an error. */
  readonly called: (about: RequestAbout, argumentsOf: () => unknown) => Settled;
}

export type Decision = Settled | Conditional;

export interface RequestAbout {
  readonly request: RequestFacts;
  readonly door: DoorName;
  readonly revision: Revision;
  readonly method: string;
  /** Wall clock. */
  readonly nowMs: number;
}

/** What one principal may do under one snapshot, compiled. */
export interface Rights {
  /** Two principals with the same are decided alike in everything, now and later. */
  readonly fingerprint: string;
  readonly decide: (place: RightsPlace, kind: EntryKind, key: string) => Decision;
  /** Whether anything of this server may be used here, now or after a step-up. What is not seen does not exist. */
  readonly sees: (place: RightsPlace) => boolean;
  /** What `decide` says, as far as what is known settles it, and all that it came from. For people, not for calls. */
  readonly trace: (place: RightsPlace, kind: EntryKind, key: string, known: KnownOfCall) => Trace;
}

/** Undefined where it is not known. */
export interface KnownOfCall {
  readonly about: RequestAbout | undefined;
  readonly argumentsOf: (() => unknown) | undefined;
}

export interface RightsPlace {
  readonly endpoint: EndpointDefinition;
  readonly server: ServerDefinition;
}

/** Of a snapshot; a warm principal is one look-up. */
export type RightsOf = (principal: Principal) => Rights;
