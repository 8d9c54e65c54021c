/*
 * The way back to the client of a call that is made several times: its progress never falls (2025-11-25, Progress).
 *
 * To the server each time is a call of its own, whose progress may begin anew; to the client it is one.
 */
import type { Outlet } from '../../model/call.ts';
import { memberOf } from '../../wire/json/members.ts';
import { scanAnswer } from '../../wire/json/scan-answer.ts';

const PROGRESS = Buffer.from('notifications/progress"');
const DEPTH_MAX = 1024;

export function rising(outlet: Outlet): Outlet {
  let highest = Number.NEGATIVE_INFINITY;
  return {
    ask: outlet.ask,
    notify: (message) => {
      const progress = message.includes(PROGRESS) ? progressOf(message) : undefined;
      if (progress !== undefined && progress <= highest) return;
      highest = progress ?? highest;
      outlet.notify(message);
    },
  };
}

/** Undefined for what is no progress, or says none. */
function progressOf(bytes: Buffer): number | undefined {
  const scan = scanAnswer(bytes, { depthMax: DEPTH_MAX });
  if (!scan.ok || scan.message.method !== 'notifications/progress' || !scan.message.params) return undefined;
  const span = memberOf(bytes, scan.message.params.self, 'progress')?.value;
  const progress = span ? Number(bytes.toString('latin1', span.start, span.end)) : Number.NaN;
  return Number.isNaN(progress) ? undefined : progress;
}
