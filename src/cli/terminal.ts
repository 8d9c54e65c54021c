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

/** Joins letters of many scripts and parts of emoji; hides nothing. */
const JOINERS = /[\u200c\u200d]/;

/** Text with lines of its own, however long: a tool's answer. Line ends and tabs stay, and so do joiners of letters. */
export function plainText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(UNSEEN, (found) => {
    const stays = found === '\n' || found === '\t' || JOINERS.test(found);
    return stays ? found : `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** One JSON object on one line, in which nothing is left that a terminal could obey. */
export function jsonLine(value: unknown): string {
  return jsonTextLine(JSON.stringify(value));
}

/** The same for JSON that came as text: numbers stay as they were written. */
export function jsonTextLine(text: string): string {
  // Line ends and tabs stand only between the values of valid JSON.
  return `${text.replace(/[\t\n\r]/g, ' ').replace(UNSEEN, escaped)}\n`;
}

/** JSON for people, on many lines. */
export function jsonBlock(value: unknown): string {
  const lines = JSON.stringify(value, undefined, 2).split('\n');
  return `${lines.map((line) => line.replace(UNSEEN, escaped)).join('\n')}\n`;
}

function escaped(found: string): string {
  const units = Array.from({ length: found.length }, (_, at) => found.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}
