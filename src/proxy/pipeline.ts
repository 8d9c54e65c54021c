/*
 * The whole way of a call on one page. A ring is asked with what the ring outside it made; moving one, or leaving one
 * out, does not compile.
 */
import type { Call } from '../model/call.ts';
import { authenticate } from './auth/authenticate.ts';
import { type Handler, onion } from './layer.ts';
import { type MeterParts, meter } from './limit/meter.ts';
import { recheck } from './policy/pass.ts';
import { type PermitParts, permit, readmit } from './policy/permit.ts';
import { type RescueParts, rescue } from './reply/rescue.ts';
import { type RepeatParts, repeat } from './route/repeat.ts';
import { type RouteParts, route } from './route/route.ts';
import { type ServeParts, serve } from './serve.ts';

export interface PipelineParts
  extends RescueParts,
    PermitParts,
    MeterParts,
    Omit<RepeatParts, 'readmit'>,
    Omit<RouteParts, 'readmit'>,
    Omit<ServeParts, 'readmit' | 'recheck'> {}

export function buildPipeline(parts: PipelineParts): Handler<Call> {
  // For what had to wait on its way: what it names by now, and whether it may still.
  const inside = { ...parts, readmit: readmit(parts), recheck: recheck(parts) };
  return (
    onion<Call>()
      // Outermost, so that no failure further in can leave unencoded or uncounted.
      .inward(rescue(parts)) //       Call          → Call            every error, as this client reads it
      .inward(authenticate()) //      Call          → AuthedCall      401
      // Before limits: a denied call costs no quota, and a stranger learns nothing from being counted.
      .inward(permit(parts)) //       AuthedCall    → PermittedCall   unknown and forbidden look alike
      .inward(meter(parts)) //        PermittedCall → MeteredCall     429; the call's time starts
      // Around the choice of a conversation: the second time it may be another one, in another revision.
      .inward(repeat(inside)) //      MeteredCall   → MeteredCall     at most once more
      // After limits: waiting for a server that starts is bounded and counted like any call.
      .inward(route(inside)) //       MeteredCall   → RoutedCall      down, starting
      .around(serve(inside)) //       RoutedCall    → Reply           what servers can do wrong
  );
}
