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
    .map((line) => line.trim())
    .filter((line) => line !== '' && !RUNTIME_FAREWELL.test(line));
  const line = lines.findLast((each) => NAMES_ERROR.test(each)) ?? lines.at(-1) ?? '';
  return line.slice(0, LENGTH_MAX);
}
