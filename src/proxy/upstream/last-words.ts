/*
 * The one line of a process's last output that says most about why it ended: the last that names an error, else the last.
 */

/** Below an error stand its stack and the farewell of its runtime; further up stands what is over. */
const LINES_LOOKED_AT = 40;
const LENGTH_MAX = 300;
const NAMES_ERROR = /^\s*(?:Uncaught\s+)?[\w.]*(?:Error|Exception|panic|fatal)\b.*:|\b(?:error|fatal|panicked)\b.*:/i;
/** What Node says when it ends by an exception, after everything else. */
const RUNTIME_FAREWELL = /^Node\.js v[\d.]+$/;

export function lastWordsOf(text: string): string {
  const lines = text
    .trimEnd()
    .split('\n')
    .slice(-LINES_LOOKED_AT)
    // Cut before it is looked at: the patterns below would take seconds over one line of 64 KiB.
    .map((line) => line.trim().slice(0, LENGTH_MAX))
    .filter((line) => line !== '' && !RUNTIME_FAREWELL.test(line));
  return lines.findLast((each) => NAMES_ERROR.test(each)) ?? lines.at(-1) ?? '';
}
