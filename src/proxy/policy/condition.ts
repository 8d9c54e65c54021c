/*
 * The conditions of policies. None can be read yet, and what cannot be read is an error: it denies, and allows nothing.
 */
import type { Principal } from '../../model/principal.ts';
import type { RequestAbout, RightsPlace } from './decision.ts';

/** `unknown`: it depends on what only a call, or only a request, knows. */
export type Truth = boolean | 'error' | 'unknown';

/** What is known when a condition is asked. */
export interface Asked {
  readonly place: RightsPlace;
  readonly kind: string;
  readonly key: string;
  readonly about: RequestAbout | undefined;
  readonly argumentsOf: (() => unknown) | undefined;
}

export interface Condition {
  readonly readsRequest: boolean;
  readonly test: (principal: Principal, asked: Asked) => Truth;
}

export function compileCondition(_text: string): Condition {
  return { readsRequest: false, test: () => 'error' };
}
