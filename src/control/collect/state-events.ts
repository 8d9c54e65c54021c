/*
 * The rows of `state_events`: added with what `Collect` gives, and the oldest let go in the same transaction, so that there are
 * never more than may be.
 */
import { insertStateEvents, pruneStateEvents } from '../store/queries/records.ts';
import type { Store } from '../store/store.ts';
import type { CollectParts } from './collect.ts';

export function stateEventsInto(store: Pick<Store, 'note'>): CollectParts['append'] {
  return (rows, keep) => store.note([{ statement: insertStateEvents(rows) }, { statement: pruneStateEvents(keep) }]);
}
