/*
 * Everything that is tried in every cell.
 */
import type { Feature, Group } from './feature.ts';
import { CALLS } from './features/calls.ts';
import { CHANGES } from './features/changes.ts';
import { CONTENTS } from './features/contents.ts';
import { ENDS } from './features/ends.ts';
import { LISTS } from './features/lists.ts';
import { OPENING } from './features/opening.ts';
import { QUESTIONS } from './features/questions.ts';
import { STREAMS } from './features/streams.ts';
import { TASKS } from './features/tasks.ts';
import type { DriverName, Endpoint } from './kinds.ts';

export const FEATURES: readonly Feature[] = [
  ...OPENING,
  ...LISTS,
  ...CALLS,
  ...CONTENTS,
  ...STREAMS,
  ...QUESTIONS,
  ...CHANGES,
  ...TASKS,
  ...ENDS,
];

/** Where all servers are together, what is advertised and told is of all of them, and says nothing of one. */
const NOT_MIXED: readonly Group[] = ['opening', 'changes'];

export function groupsAt(endpoint: Endpoint): readonly Group[] {
  const groups = [...new Set(FEATURES.map(({ group }) => group))];
  return endpoint === 'mixed' ? groups.filter((group) => !NOT_MIXED.includes(group)) : groups;
}

/** What a driver tries of these groups. */
export function featuresOf(groups: readonly Group[], driver: DriverName): readonly Feature[] {
  return FEATURES.filter(({ group, drivers }) => groups.includes(group) && (drivers ?? [driver]).includes(driver));
}
