/*
 * The ring, in three types. A ring is asked with what the ring outside it made, adds what it learnt, and asks the next.
 */
import type { Call } from '../model/call.ts';
import type { Reply } from '../model/reply.ts';

/** Answers one call. Rejects only with a `GatewayError`; anything else is a bug and leaves as `internal`. */
export type Handler<C extends Call> = (call: C) => Promise<Reply>;

/** One ring. */
export type Layer<Outer extends Call, Inner extends Outer> = (next: Handler<Inner>) => Handler<Outer>;

/** Rings so far, written in the order in which a call meets them. */
export interface Onion<Outer extends Call, Inner extends Call> {
  inward<Next extends Inner>(layer: Layer<Inner, Next>): Onion<Outer, Next>;
  around(core: Handler<Inner>): Handler<Outer>;
}

export function onion<C extends Call>(): Onion<C, C> {
  return wrap((core) => core);
}

function wrap<Outer extends Call, Inner extends Call>(
  build: (core: Handler<Inner>) => Handler<Outer>,
): Onion<Outer, Inner> {
  return {
    inward: (layer) => wrap((core) => build(layer(core))),
    around: (core) => build(core),
  };
}

/** The places that inner rings will fill: made at once, so that growing changes no object's shape. */
interface Room {
  readonly principal: undefined;
  readonly permit: undefined;
  readonly endpointDefinition: undefined;
  readonly target: undefined;
  readonly timer: undefined;
  readonly way: undefined;
  readonly serverHeaders: undefined;
}

/** A call as a door makes it. */
export function newCall(call: Call): Call {
  const roomy: Call & Room = {
    door: call.door,
    endpoint: call.endpoint,
    verdict: call.verdict,
    revision: call.revision,
    message: call.message,
    client: call.client,
    outlet: call.outlet,
    cancellation: call.cancellation,
    paramHeaders: call.paramHeaders,
    sessionId: call.sessionId,
    principal: undefined,
    permit: undefined,
    endpointDefinition: undefined,
    target: undefined,
    timer: undefined,
    way: undefined,
    serverHeaders: undefined,
  };
  return roomy;
}

/**
 * Makes a call grow in place: the rings share one object, so that going inward allocates nothing but what was learnt.
 * Safe because nobody keeps a call of an outer type while an inner ring works on it.
 */
export function grow<C extends Call, Learnt extends object>(call: C, learnt: Learnt): C & Learnt {
  return Object.assign(call, learnt);
}
