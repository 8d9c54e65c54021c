/*
 * Limits of asking what a change of rules would change. Part of the table of all limits (`limits.ts`).
 */
import type { LimitShape } from './limit-shape.ts';

export const RULES_LIMITS = {
  dryRunQuestionsMax: {
    initial: 100,
    min: 1,
    max: 10_000,
    why: 'Questions of one dry run of a policy or a limit rule; with one more it is refused.',
  },
  dryRunPrincipalsMax: {
    initial: 200,
    min: 1,
    max: 10_000,
    why: 'Principals of the sample of one dry run; with one more that is named it is refused, and of those that are known no more are taken.',
  },
  dryRunPairsMax: {
    initial: 20_000,
    min: 1,
    max: 1_000_000,
    why: 'Pairs of a principal and a tool, prompt or resource that one dry run looks at; the others are not, which its answer says.',
  },
  dryRunRowsMax: {
    initial: 500,
    min: 1,
    max: 10_000,
    why: 'Pairs that one dry run tells to be answered otherwise; the others are counted.',
  },
} as const satisfies Record<string, LimitShape>;
