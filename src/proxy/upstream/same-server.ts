/*
 * Whether a changed definition still means what runs already. Names, filters, owners and the like are looked up with every
 * call; what a running server was begun with is not.
 */
import { isDeepStrictEqual } from 'node:util';
import type { LimitName } from '../../model/limits.ts';
import type { ServerDefinition } from '../../model/snapshot.ts';

/** Limits that the parts of a running server were given; all others are read where a call passes. */
export const RUNNING_LIMITS: readonly LimitName[] = [
  ...(['callTimeoutMs', 'connectTimeoutMs', 'startTimeoutMs', 'discoverTimeoutMs'] as const),
  ...(['answerBytesMax', 'jsonDepthMax', 'questionsPerCallMax'] as const),
  ...(['listPagesMax', 'listEntriesMax', 'listBytesMax', 'entryBytesMax', 'listContextsMax'] as const),
  ...(['refreshIntervalMs', 'listStaleMs', 'reconnectMaxMs', 'idleStopMs', 'callerIdleMs'] as const),
  ...(['processesMax', 'upstreamSessionsMax', 'restartsMax', 'restartWindowMs', 'crashedRetryMs'] as const),
];

export function isReachedAlike(before: ServerDefinition, after: ServerDefinition): boolean {
  return isDeepStrictEqual(begunWith(before), begunWith(after));
}

function begunWith({ name, transport, revision, shared, limits }: ServerDefinition): unknown {
  return [name, transport, revision, shared, RUNNING_LIMITS.map((limit) => limits[limit])];
}
