/*
 * What a document shows: its blocks of one kind, in order, so that tests run and compare exactly what people read.
 */

/** The text between the fences, with its line end. */
export function shownIn(document: string, ...kinds: readonly string[]): string[] {
  const fenced = new RegExp(`^\`\`\`(?:${kinds.join('|')})\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...document.matchAll(fenced)].map((match) => match[1] ?? '');
}
