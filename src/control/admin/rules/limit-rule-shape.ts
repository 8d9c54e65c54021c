/*
 * What a limit rule states: how many calls of whom and to what, within how long, counted for each what. Whom and what it is
 * about is said as in a policy.
 */
import { z } from 'zod';
import { storedPolicy } from '../../../config/schema-stored.ts';

/** For each of these there is a count of its own. */
export const DIMENSIONS = ['user', 'organisation', 'endpoint', 'server', 'tool', 'key', 'address', 'global'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export const ALGORITHMS = ['sliding_window', 'fixed_window', 'token_bucket'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

const WINDOW_MS_MIN = 1_000;
/** 31 days. */
const WINDOW_MS_MAX = 2_678_400_000;
const LIMIT_MAX = 1_000_000_000;

const { who, exceptWho, what, exceptWhat, when } = storedPolicy.shape;

export const limitRuleShape = {
  per: z
    .enum(DIMENSIONS)
    .describe(
      'What is counted apart: each user, organisation, endpoint, server, tool, API key or client address; `global`: all calls together.',
    ),
  limit: z.int().min(1).max(LIMIT_MAX).describe('How many calls.'),
  windowMs: z
    .int()
    .min(WINDOW_MS_MIN)
    .max(WINDOW_MS_MAX)
    .describe('Within how long, in milliseconds: 1 second to 31 days.'),
  algorithm: z
    .enum(ALGORITHMS)
    .optional()
    .describe(
      '`sliding_window` (default): in every span of `windowMs`. `fixed_window`: in spans that begin at multiples of it. `token_bucket`: refilled evenly, `limit` in each `windowMs`, up to `burst`.',
    ),
  burst: z.int().min(1).max(LIMIT_MAX).optional().describe('Size of a `token_bucket`. Default: `limit`.'),
  who: who.optional().describe('Whose calls, as in a policy. Default: everybody’s.'),
  exceptWho,
  what: what.optional().describe('Calls of what, as in a policy. Default: of everything.'),
  exceptWhat,
  when,
};

export const limitRuleEntry = z.strictObject(limitRuleShape);
export type LimitRuleEntry = z.infer<typeof limitRuleEntry>;

export const ALGORITHM_DEFAULT: Algorithm = 'sliding_window';
