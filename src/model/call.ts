/*
 * A call on its way in. It grows ring by ring: `Call → AuthedCall → PermittedCall → MeteredCall → RoutedCall`; each type
 * adds what its ring learnt, so that a ring in the wrong place, or left out, does not compile.
 */
import type { Cancellation } from './cancellation.ts';
import type { EntryKind, HeaderParam, ServerCatalogue } from './catalogue.ts';
import type { GatewayError } from './errors.ts';
import type { Message } from './message.ts';
import type { Principal } from './principal.ts';
import type { Revision } from './revision.ts';
import type { EndpointDefinition, ServerDefinition } from './snapshot.ts';

export type DoorName = 'mcp-http' | 'mcp-socket' | 'mcp-sse' | 'mcp-stdio';

/** What the client says about itself: per request since 2026-07-28, once per session before. Never trusted. */
export interface ClientFacts {
  /** JSON text of the client's capabilities. */
  readonly capabilities: string;
  /** Hash over `capabilities`; `''` for none. Part of the key of upstream sessions. */
  readonly fingerprint: string;
  /** JSON text of the client's `Implementation` object. */
  readonly info: string | undefined;
  /** The least severe level the client wants to read; undefined when it asked for none. */
  readonly logLevel: string | undefined;
}

/** The way back to the client while its call is running. */
export interface Outlet {
  /** Sends a notification on the call's own stream. */
  notify(message: Buffer): void;
  /** Puts a server's question to the client and gives its answer; undefined when the client cannot be asked. */
  readonly ask: ((question: Message, cancellation: Cancellation) => Promise<Message>) | undefined;
}

/** What is known of a request beside who made it: what conditions of policies may look at, and its name in logs. */
export interface RequestFacts {
  /** Taken from `X-Request-Id` or made; returned to the client. `''` where the door has no requests of its own. */
  readonly id: string;
  /** Of the client, as far as proxies that are trusted say; `''` for none, on pipes and sockets. */
  readonly address: string;
  /** Those header fields that conditions may read, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Of what comes over pipes and the operator's socket. */
export const LOCAL_REQUEST: RequestFacts = { id: '', address: '', headers: {} };

/** The credential that a request has shown, for what stays open when the request is over. */
export interface Credential {
  /** Calls `ended` once, when the credential does not hold any more or stands for somebody else. Returns the way to let go. */
  keep(ended: () => void): () => void;
}

/** As it was shown with a request, for what may outlive it and is used with newer ones: a session. */
export interface ShownCredential extends Credential {
  /** The same object for whatever was shown alike and verified at once. */
  readonly basis: object;
  /** As `keep`, but that its time is over ends nothing. */
  keepBeyond(ended: () => void): () => void;
}

export interface Accepted {
  readonly principal: Principal;
  readonly request: RequestFacts;
  /** Absent where none can be taken back: on pipes and the operator's socket. */
  readonly credential?: ShownCredential;
  /** Where clients learn how to get a better credential (RFC 9728); absent where the door has no header field to say it. */
  readonly metadataUrl?: (endpoint: string) => string | undefined;
}

/** What the door found out about the credential, before it read the body. */
export type Verdict = Accepted | { readonly refused: GatewayError };

/** What holds open that which a call opens. */
export function credentialOf({ verdict }: Pick<Call, 'verdict'>): ShownCredential | undefined {
  return 'refused' in verdict ? undefined : verdict.credential;
}

export interface Call {
  readonly door: DoorName;
  readonly endpoint: string;
  readonly verdict: Verdict;
  /** The client's. */
  readonly revision: Revision;
  readonly message: Message;
  readonly client: ClientFacts;
  readonly outlet: Outlet;
  readonly cancellation: Cancellation;
  /** `mcp-param-*` fields as received, flat, lower-case names; undefined where the door has no header fields. */
  readonly paramHeaders: readonly string[] | undefined;
  /** The legacy session the call belongs to; `''` for none. Opaque outside `session/`. */
  readonly sessionId: string;
}

export interface AuthedCall extends Call {
  readonly principal: Principal;
}

/** What a call is about: one server's tool, prompt or resource under the name the client used. */
export interface Target {
  readonly kind: EntryKind;
  readonly server: string;
  /** The name or URI that the server knows. */
  readonly key: string;
  readonly headerParams: readonly HeaderParam[];
  /** Its structured content may be no object, and is put in one for older clients. */
  readonly outputWrapped: boolean;
}

declare const permitBrand: unique symbol;
/** Proof that the policy ring let the call pass. Only `policy/permit.ts` makes one. */
export interface Permit {
  readonly [permitBrand]: true;
  /** The rule that decided, for logs and audit. */
  readonly rule: string;
  /** A filter stands between the caller and what the server has, so no answer is for everybody. */
  readonly filtered: boolean;
}

/** One server as this caller may see it through this endpoint. */
export interface VisibleServer {
  readonly definition: ServerDefinition;
  readonly catalogue: ServerCatalogue;
}

export interface PermittedCall extends AuthedCall {
  readonly permit: Permit;
  readonly endpointDefinition: EndpointDefinition;
  /** Undefined for what concerns the whole endpoint: lists, discovery, sessions, listening. */
  readonly target: Target | undefined;
}

/** The two bounds of a call's time. */
export interface CallTimer {
  /** Starts the silence limit anew: progress arrived. */
  touch(): void;
  /** A person is asked: their time does not count, up to the limit for questions. The returned function ends it. */
  hold(): () => void;
}

export interface MeteredCall extends PermittedCall {
  readonly timer: CallTimer;
}
