/*
 * Cuts a source into tokens: just enough to know what is code and what is a comment or a string.
 *
 * Not a parser. A `/` begins a regular expression unless it follows a value, which is wrong for `if (x) /re/` and right
 * for everything else we write. The expressions inside a template are tokens like others; the template's own braces
 * are left out, so that braces always match.
 */

export type TokenKind = 'word' | 'string' | 'template' | 'regex' | 'comment' | 'mark';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly start: number;
  readonly line: number;
}

const WORD = /[#@]?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*|\d[\w.]*/uy;
const STRING = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const REGEX = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
const MARK = /=>|===|!==|==|!=|\?\.|\.\.\.|[^\s]/y;
const TEMPLATE_PART = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
const TEMPLATE_OPEN = ['$', '{'].join('');
const BEFORE_REGEX = new Set(['return', 'typeof', 'case', 'in', 'of', 'await', 'yield', 'throw', 'else', 'do']);

export function tokensOf(source: string): readonly Token[] {
  const lexer = new Lexer(source);
  while (lexer.step()) {}
  return lexer.tokens;
}

class Lexer {
  readonly tokens: Token[] = [];
  readonly #source: string;
  /** Depth of braces at which each open template goes on. */
  readonly #templates: number[] = [];
  #depth = 0;
  #line = 1;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** Takes the next token or blank; false at the end. */
  step(): boolean {
    const char = this.#source[this.#at];
    if (char === undefined) return false;
    if (/\s/.test(char)) this.#skip(char);
    else if (char === '`') this.#template();
    else if (char === '}' && this.#templates.at(-1) === this.#depth) {
      this.#templates.pop();
      this.#template();
    } else this.#plain();
    return true;
  }

  #skip(text: string): void {
    this.#line += text.split('\n').length - 1;
    this.#at += text.length;
  }

  #plain(): void {
    const { kind, text } = recognise((pattern) => this.#match(pattern), this.tokens);
    if (text === '{') this.#depth++;
    if (text === '}') this.#depth--;
    this.#push(kind, text);
  }

  /** From a backtick or the end of an expression to the closing backtick or the next expression. */
  #template(): void {
    const opening = this.#source.slice(this.#at, this.#at + 1);
    this.#push('template', opening);
    this.#push('template', this.#match(TEMPLATE_PART) ?? '');
    if (this.#source.startsWith(TEMPLATE_OPEN, this.#at)) {
      this.#push('template', TEMPLATE_OPEN);
      this.#templates.push(this.#depth);
    } else this.#push('template', this.#source.slice(this.#at, this.#at + 1));
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source)?.[0];
  }

  #push(kind: TokenKind, text: string): void {
    if (text === '') return;
    this.tokens.push({ kind, text, start: this.#at, line: this.#line });
    this.#skip(text);
  }
}

function recognise(
  match: (pattern: RegExp) => string | undefined,
  before: readonly Token[],
): { kind: TokenKind; text: string } {
  const comment = match(COMMENT);
  if (comment) return { kind: 'comment', text: comment };
  const string = match(STRING);
  if (string) return { kind: 'string', text: string };
  const regex = regexMayFollow(before) ? match(REGEX) : undefined;
  if (regex) return { kind: 'regex', text: regex };
  const word = match(WORD);
  if (word) return { kind: 'word', text: word };
  return { kind: 'mark', text: match(MARK) ?? ' ' };
}

function regexMayFollow(tokens: readonly Token[]): boolean {
  const last = tokens.findLast((token) => token.kind !== 'comment');
  if (!last) return true;
  if (last.kind === 'word') return BEFORE_REGEX.has(last.text);
  return last.kind === 'mark' && ![')', ']', '}'].includes(last.text);
}

/** The source with all but words and marks blanked, line by line: what is left is code. */
export function codeLines(source: string): readonly string[] {
  const chars: string[] = source.split('').map((char) => (char === '\n' ? char : ' '));
  for (const { kind, text, start } of tokensOf(source)) {
    if (kind === 'word' || kind === 'mark') for (let i = 0; i < text.length; i++) chars[start + i] = text[i] ?? ' ';
  }
  return chars.join('').split('\n');
}
