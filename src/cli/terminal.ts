/*
 * The one encoder for text that goes to a terminal.
 *
 * Names, reasons and versions come from servers. A terminal obeys control characters, so a server could clear the
 * screen, fake a line of ours or hide one; direction marks and invisible characters do the same to the eye. They are
 * shown as `\u{1b}` instead. Only the encoder's own callers write line breaks.
 */

const TEXT_LENGTH_MAX = 500;

/** Controls, line and paragraph separators, lone surrogates, and all format characters (directions, zero widths). */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

export function plain(text: string): string {
  const bounded = text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX)}…` : text;
  return bounded.replace(UNSEEN, (found) => `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`);
}

/** One JSON object on one line, in which nothing is left that a terminal could obey. */
export function jsonLine(value: unknown): string {
  const escaped = JSON.stringify(value).replace(UNSEEN, (found) =>
    Array.from(
      { length: found.length },
      (_, index) => `\\u${found.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
  return `${escaped}\n`;
}
