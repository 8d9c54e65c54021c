/*
 * Our own words for what the YAML parser finds wrong. Its words are not used: some quote the text, which may be secret,
 * and some speak of the parser's insides.
 */

interface SyntaxWords {
  readonly say: string;
  readonly suggestion?: string;
}

const WORDS: Readonly<Record<string, SyntaxWords>> = {
  MULTIPLE_DOCS: { say: 'The file holds more than one document.', suggestion: 'Remove the line "---".' },
  TAB_AS_INDENT: { say: 'Lines are indented with a tab.', suggestion: 'Use spaces.' },
  BAD_INDENT: { say: 'The indentation does not fit the lines above, or a bracket there is not closed.' },
  MISSING_CHAR: { say: 'A quote, bracket, comma or colon is missing here.' },
  TAG_RESOLVE_FAILED: {
    say: 'Tags (words with "!") are not used in this file.',
    suggestion: 'Put the text in quotes.',
  },
  BAD_ALIAS: { say: 'This alias is malformed.', suggestion: 'Put text that begins with "*" or "&" in quotes.' },
  IMPOSSIBLE: { say: 'A value is malformed.' },
  BLOCK_AS_IMPLICIT_KEY: { say: 'A nested map cannot stand on the line of its key.', suggestion: 'Start a new line.' },
  MULTILINE_IMPLICIT_KEY: { say: 'A key must stand on one line, followed by a colon.' },
  RESOURCE_EXHAUSTION: { say: 'The file is nested too deeply.' },
};

const FALLBACK: SyntaxWords = { say: 'This is not valid YAML or JSON.' };
const VARIABLE_IN_BRACKETS = `Put \${NAME} in quotes inside [ ] and { }: "\${NAME}".`;

/** @param around The text from the start of the line to the fault tells whether a `${` is the cause. */
export function syntaxWords(code: string, around: { readonly before: string; readonly after: string }): SyntaxWords {
  const words = WORDS[code] ?? FALLBACK;
  const variable = around.before.endsWith('$') || around.before.endsWith('${') || around.after.startsWith('${');
  return variable && words.suggestion === undefined ? { ...words, suggestion: VARIABLE_IN_BRACKETS } : words;
}
