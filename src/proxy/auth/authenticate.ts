/*
 * Turns the door's verdict about the credential into a principal, or ends the call with 401.
 *
 * The door asked `verify.ts` before it read the body; the ring is what makes an unauthenticated call impossible further
 * in, because nothing else makes an `AuthedCall`.
 */
import type { AuthedCall, Call } from '../../model/call.ts';
import { grow, type Layer } from '../layer.ts';

export const authenticate = (): Layer<Call, AuthedCall> => (next) =>
  function authenticateLayer(call) {
    if ('refused' in call.verdict) throw call.verdict.refused;
    return next(grow(call, { principal: call.verdict.principal }));
  };
