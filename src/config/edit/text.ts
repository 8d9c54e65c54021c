/*
 * Text as it was laid out: line ends, indentation, places, and cuts.
 */

export interface Cut {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Cuts may not overlap; of two that begin at the same place the one that only inserts goes first. */
export function withCuts(text: string, cuts: readonly Cut[]): string {
  const sorted = [...cuts].sort((a, b) => a.from - b.from || a.to - b.to);
  let result = '';
  let at = 0;
  for (const cut of sorted) {
    result += text.slice(at, cut.from) + cut.text;
    at = Math.max(at, cut.to);
  }
  return result + text.slice(at);
}

export function lineEndOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Just after the line break, or the end of the text. */
export function nextLine(text: string, offset: number): number {
  const found = text.indexOf('\n', offset);
  return found < 0 ? text.length : found + 1;
}

/** The blanks with which the line of an offset begins. */
export function indentAt(text: string, offset: number): string {
  const start = lineStart(text, offset);
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? '';
}

/** One step of indentation: that of the first indented line. */
export function indentStep(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';
}

/** The text with a line break at its end, so that a line can follow. */
export function ended(text: string, lineEnd: string): string {
  return text === '' || text.endsWith('\n') ? text : text + lineEnd;
}

export function placeAt(text: string, offset: number): { readonly line: number; readonly column: number } {
  const line = text.slice(0, offset).split('\n').length;
  return { line, column: offset - lineStart(text, offset) + 1 };
}
