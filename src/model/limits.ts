/*
 * Every limit of the gateway: name with unit, default, range, and why.
 *
 * The config section `limits` (and `servers.<name>` for those marked `perServer`) may change them within the range.
 * `docs/reference/limits.md` is generated from this table; each limit has a test at limit + 1 and a counter
 * `gatewright_limit_hits_total{limit="<name>"}`. Those marked `paces` set a rhythm: nothing ends when their time is over,
 * so there is nothing to count.
 */

import type { LimitShape } from './limit-shape.ts';
import { ADMIN_LIMITS } from './limits-admin.ts';
import { COLLECT_LIMITS } from './limits-collect.ts';
import { IDENTITY_LIMITS } from './limits-identity.ts';
import { PROCESS_LIMITS } from './limits-processes.ts';
import { RULES_LIMITS } from './limits-rules.ts';
import { SERVERS_LIMITS } from './limits-servers.ts';
import { STORE_LIMITS } from './limits-store.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

export const LIMITS = {
  bodyBytesMax: { initial: 4 * MiB, min: KiB, max: 64 * MiB, why: 'Largest body a client may send.' },
  jsonDepthMax: { initial: 64, min: 8, max: 256, why: 'Deepest nesting of a JSON message.' },
  jsonKeysMax: { initial: 10_000, min: 100, max: 1_000_000, why: 'Most object keys in one message.' },
  batchMessagesMax: { initial: 50, min: 1, max: 1_000, why: 'Most messages in one batch (revision 2025-03-26 only).' },
  headerCountMax: { initial: 100, min: 20, max: 1_000, why: 'Most header fields of one HTTP request.' },
  headerBytesMax: {
    initial: 16 * KiB,
    min: 4 * KiB,
    max: 256 * KiB,
    why: 'Largest head of one HTTP request: target, names and values.',
  },
  urlBytesMax: { initial: 8 * KiB, min: KiB, max: 64 * KiB, why: 'Longest request target.' },
  headTimeoutMs: { initial: 10_000, min: 100, max: 120_000, why: 'Time for a client to send the head of a request.' },
  bodyTimeoutMs: { initial: 30_000, min: 100, max: 600_000, why: 'Time for a client to send a whole request.' },
  ...IDENTITY_LIMITS,
  ...RULES_LIMITS,
  ...SERVERS_LIMITS,
  callsPerPrincipalMax: { initial: 256, min: 1, max: 100_000, why: 'Calls in flight at once for one principal.' },
  callsPerServerMax: {
    initial: 256,
    min: 1,
    max: 100_000,
    perServer: true,
    why: 'Calls in flight at once towards one server.',
  },
  callTimeoutMs: {
    initial: 60_000,
    min: 10,
    max: 86_400_000,
    perServer: true,
    why: 'Longest silence of a call; progress starts it anew.',
  },
  callTimeMaxMs: {
    initial: 600_000,
    min: 10,
    max: 86_400_000,
    perServer: true,
    why: 'Longest whole time of a call, whatever progress it makes.',
  },
  answerBytesMax: {
    initial: 16 * MiB,
    min: KiB,
    max: 256 * MiB,
    perServer: true,
    why: 'Largest answer, SSE event or stdio line of a server.',
  },
  connectTimeoutMs: {
    initial: 10_000,
    min: 10,
    max: 120_000,
    perServer: true,
    why: 'Time to reach a server over HTTP and to shake hands with it.',
  },
  startTimeoutMs: {
    initial: 60_000,
    min: 10,
    max: 600_000,
    perServer: true,
    why: 'Time for a process to start and to shake hands; a first start may download the program.',
  },
  discoverTimeoutMs: {
    initial: 3_000,
    min: 10,
    max: 60_000,
    perServer: true,
    why: 'Silence after which a stdio server that does not answer server/discover is asked to initialize, too.',
  },
  sessionsMax: { initial: 10_000, min: 1, max: 1_000_000, why: 'Legacy sessions open at once.' },
  sessionsPerPrincipalMax: { initial: 10_000, min: 1, max: 1_000_000, why: 'Legacy sessions of one principal.' },
  sessionIdleMs: { initial: 1_800_000, min: 10, max: 86_400_000, why: 'Idle time after which a legacy session ends.' },
  streamsPerPrincipalMax: { initial: 1_000, min: 1, max: 100_000, why: 'GET and listen streams of one principal.' },
  streamBufferBytesMax: { initial: MiB, min: KiB, max: 64 * MiB, why: 'Bytes kept for a client that reads slowly.' },
  keepAliveMs: {
    initial: 15_000,
    min: 100,
    max: 600_000,
    paces: true,
    why: 'Silence after which a stream gets an SSE comment.',
  },
  questionTimeoutMs: {
    initial: 600_000,
    min: 10,
    max: 86_400_000,
    why: 'Time a client has to answer a question (elicitation, sampling, roots) of a server.',
  },
  questionsPerCallMax: { initial: 32, min: 1, max: 10_000, why: 'Questions a server may ask during one call.' },
  questionRoundsMax: {
    initial: 8,
    min: 1,
    max: 1_000,
    why: 'Rounds of questions in one call, where server and client do not ask alike.',
  },
  parkedCallsPerPrincipalMax: {
    initial: 32,
    min: 1,
    max: 10_000,
    why: 'Calls of one principal that wait at older servers until a newer client comes back with its answers.',
  },
  requestStateTimeMs: {
    initial: 86_400_000,
    min: 10,
    max: 2_592_000_000,
    why: 'Time for which a newer server gets its requestState back; for a parked call it is questionTimeoutMs.',
  },
  listPagesMax: { initial: 200, min: 1, max: 10_000, perServer: true, why: 'Pages of one list of a server.' },
  listEntriesMax: { initial: 10_000, min: 1, max: 100_000, perServer: true, why: 'Entries of one list of a server.' },
  listBytesMax: {
    initial: 16 * MiB,
    min: KiB,
    max: 256 * MiB,
    perServer: true,
    why: 'Bytes kept of one list of a server.',
  },
  entryBytesMax: {
    initial: 512 * KiB,
    min: KiB,
    max: 900 * KiB,
    perServer: true,
    why: 'Bytes of one tool, prompt, resource or template; a larger one is left out of the list.',
  },
  instructionsBytesMax: {
    initial: 32 * KiB,
    min: KiB,
    max: MiB,
    why: 'Bytes of what the servers behind one endpoint say of themselves, together.',
  },
  subscriptionsPerClientMax: { initial: 1_000, min: 1, max: 100_000, why: 'Resource subscriptions of one client.' },
  refreshIntervalMs: {
    initial: 300_000,
    min: 0,
    max: 86_400_000,
    perServer: true,
    paces: true,
    why: 'How often the lists of a server are read anew without a notice; 0 = never.',
  },
  listStaleMs: {
    initial: 60_000,
    min: 0,
    max: 86_400_000,
    perServer: true,
    paces: true,
    why: 'Time for which a list may be shown when it is older than its server says it is good, while it is read anew.',
  },
  listContextsMax: {
    initial: 64,
    min: 1,
    max: 10_000,
    perServer: true,
    why: 'Callers of one server whose lists are kept because they are not those of everybody; who looked least lately sees those.',
  },
  reconnectMaxMs: {
    initial: 30_000,
    min: 10,
    max: 3_600_000,
    perServer: true,
    paces: true,
    why: 'Longest wait between two attempts to reach a server that is down.',
  },
  ...PROCESS_LIMITS,
  callerIdleMs: {
    initial: 1_800_000,
    min: 10,
    max: 86_400_000,
    perServer: true,
    why: 'Time without use after which what one caller has of a server to itself, a process or a session, is ended.',
  },
  upstreamSessionsMax: {
    initial: 1_000,
    min: 1,
    max: 100_000,
    perServer: true,
    why: 'Sessions at one HTTP server for different principals and client capabilities.',
  },
  retireTimeoutMs: { initial: 30_000, min: 0, max: 600_000, why: 'Time for calls at servers that a reload removed.' },
  ...COLLECT_LIMITS,
  ...ADMIN_LIMITS,
  ...STORE_LIMITS,
  drainTimeoutMs: {
    initial: 2_500,
    min: 0,
    max: 600_000,
    why: 'Time for calls in flight when the gateway stops; its servers then have 2.5 s more.',
  },
} as const satisfies Record<string, LimitShape>;

export type LimitName = keyof typeof LIMITS;
export type Limits = Readonly<Record<LimitName, number>>;

/** All limits at their defaults. */
export function defaultLimits(): Limits {
  return Object.fromEntries(Object.entries(LIMITS).map(([name, shape]) => [name, shape.initial])) as Record<
    LimitName,
    number
  >;
}
