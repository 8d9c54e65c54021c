/*
 * Tables for people: columns as wide as their content; on a terminal no line is longer than it is wide.
 */
import type { CliIo } from '../io.ts';
import { plain } from '../terminal.ts';

const GAP = '  ';
/** What stays of a column when all of them have to shrink. */
const NARROW = 16;
const WIDE =
  /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\uff01-\uff60]/u;
const NO_WIDTH = /\p{Mn}|\p{Me}|[\u200c\u200d]/u;

export function printTable(io: CliIo, head: readonly string[], rows: readonly (readonly string[])[]): void {
  const lines = [head, ...rows].map((row) => row.map((cell) => plain(cell)));
  const widths = fit(
    head.map((_, at) => Math.max(...lines.map((row) => widthOf(row[at] ?? '')))),
    io.terminal.outColumns,
  );
  for (const row of lines) {
    const cells = row.map((cell, at) => {
      const width = widths[at] ?? 0;
      const text = cut(cell, width);
      return at === row.length - 1 ? text : text + ' '.repeat(width - widthOf(text));
    });
    io.out(`${cells.join(GAP).trimEnd()}\n`);
  }
}

/** The widest column gives way first. */
function fit(widths: readonly number[], columns: number | undefined): readonly number[] {
  if (columns === undefined) return widths;
  const fitting = [...widths];
  const over = () => fitting.reduce((sum, width) => sum + width, GAP.length * (fitting.length - 1)) - columns;
  while (over() > 0) {
    const widest = Math.max(...fitting);
    if (widest <= NARROW) break;
    const at = fitting.lastIndexOf(widest);
    fitting[at] = Math.max(NARROW, widest - over());
  }
  return fitting;
}

/** Cells of a terminal that a text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) width += NO_WIDTH.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1;
  return width;
}

export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const letter of text) {
    used += widthOf(letter);
    if (used > width - 1) break;
    kept += letter;
  }
  return `${kept}…`;
}
