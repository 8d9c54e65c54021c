/*
 * Under which key a call is counted by a rule: one for each value of the rule's dimension. A rule is one organisation's, so its
 * keys never meet those of another.
 */
import type { ToldPrincipal, ToldTarget } from '../../../model/explanation.ts';
import type { Dimension } from './limit-rule-shape.ts';

export interface CountedCall {
  readonly principal: ToldPrincipal;
  readonly target: ToldTarget;
  /** `''` is the default one. */
  readonly endpoint: string;
  /** Undefined where the question does not say. */
  readonly address: string | undefined;
}

/** Undefined when the call has nothing of the dimension: then the rule does not count it. */
export function countedKey(per: Dimension, call: CountedCall): string | undefined {
  const value = VALUES[per](call);
  return value === undefined ? undefined : `${per}:${value}`;
}

const KEY = /^key:(?<id>.+)$/;

const VALUES: Readonly<Record<Dimension, (call: CountedCall) => string | undefined>> = {
  // Who has no user is counted by the id, so that nobody gets around a limit of users by having none.
  user: ({ principal }) => principal.user ?? principal.id,
  organisation: ({ principal }) => principal.organisation,
  endpoint: ({ endpoint }) => (endpoint === '' ? 'default' : endpoint),
  server: ({ target }) => target.server,
  tool: ({ target }) => (target.kind === 'tools' ? `${target.server}.${target.key}` : undefined),
  key: ({ principal }) => KEY.exec(principal.id)?.groups?.id,
  address: ({ address }) => address ?? '?',
  global: () => '*',
};
