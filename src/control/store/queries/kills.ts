/*
 * Who threw the kill switch, as the audit has it: the rows of the overlay say what holds, and not who did it.
 */
import { query } from './query.ts';

/** Of these rows of the overlay, in the order in which it was done. */
export const killers = query(
  'adminAudit.killers',
  (db, actor, ids: readonly string[]) =>
    db
      .selectFrom('adminAudit')
      .select(['targetId', 'actor'])
      .where('organisation', '=', actor.organisation)
      .where('action', '=', 'kill.set')
      .where('targetId', 'in', ids)
      .orderBy('seq'),
  [['ovl_sample', 'ovl_other']],
);
