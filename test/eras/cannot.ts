/*
 * What a pair of revisions cannot express, each with the reason that the specification gives.
 *
 * The table is a claim, not an excuse: what stands here is tried as well, and what works after all fails the run.
 */
import type { Pair } from './feature.ts';
import type { Kind } from './kinds.ts';

export interface Rule {
  readonly features: readonly string[];
  /** Whom it is about, as a reader of the page reads it. */
  readonly who: string;
  readonly why: string;
  readonly applies: (pair: Pair) => boolean;
  /** Shows in that nothing happens; all else must be refused in words. */
  readonly silent?: boolean;
}

const before =
  (revision: string) =>
  (kind: Kind): boolean =>
    kind.revision < revision;

const either =
  (is: (kind: Kind) => boolean) =>
  ({ client, server }: Pair): boolean =>
    is(client) || is(server);

export const CANNOT: readonly Rule[] = [
  {
    features: ['ping'],
    who: 'newer clients',
    why: '2026-07-28 has no `ping`: nothing stays open that could be asked for life.',
    applies: ({ client }) => client.modern,
  },
  {
    features: ['ping-back'],
    who: 'newer servers',
    why: '2026-07-28 has no `ping`, and its servers send no requests.',
    applies: ({ server }) => server.modern,
  },
  {
    features: ['structured', 'big-integers'],
    who: 'servers before 2025-06-18',
    why: 'Structured content exists since 2025-06-18; an older server answers in text.',
    applies: ({ server }) => before('2025-06-18')(server),
  },
  {
    features: ['structured-value'],
    who: 'older servers',
    why: 'Before 2026-07-28 structured content is an object.',
    applies: ({ server }) => !server.modern,
  },
  {
    features: ['form'],
    who: 'clients or servers before 2025-06-18',
    why: 'Elicitation exists since 2025-06-18.',
    applies: either(before('2025-06-18')),
  },
  {
    features: ['url'],
    who: 'clients or servers before 2025-11-25',
    why: 'URL mode exists since 2025-11-25.',
    applies: either(before('2025-11-25')),
  },
  {
    features: ['url-error'],
    who: 'servers of any revision but 2025-11-25',
    why: 'The error -32042 exists in 2025-11-25 alone.',
    applies: ({ server }) => server.revision !== '2025-11-25',
  },
  {
    features: ['task', 'task-cancel'],
    who: 'pairs with an older client or an older server',
    why: 'The Tasks extension belongs to 2026-07-28; the tasks that 2025-11-25 tried out are another protocol.',
    applies: either(({ modern }) => !modern),
  },
  {
    features: ['vanish'],
    who: 'older clients over Streamable HTTP',
    why: 'Until 2025-11-25 a lost connection SHOULD NOT be read as cancellation: the client may come back for the answer.',
    applies: ({ client }) => !client.modern && client.via === 'http',
    silent: true,
  },
];

/** The rule that says why a feature cannot be; undefined when it must. */
export function cannotBe(feature: string, pair: Pair): Rule | undefined {
  return CANNOT.find((rule) => rule.features.includes(feature) && rule.applies(pair));
}
