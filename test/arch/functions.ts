/*
 * Finds the functions of a source and their lengths in lines, signature and braces included.
 *
 * Types are stripped first (blanks take their place, so lines stay), after which a body is a `{` behind `=>`, or behind
 * the `)` of something that is not `if`, `for`, `while`, `switch`, `catch` or `with`. Arrows without braces are
 * expressions and have no length of their own; what is inside a function counts for it too.
 */
import { stripTypeScriptTypes } from 'node:module';
import { type Token, tokensOf } from './lexer.ts';

export interface FoundFunction {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

const NOT_FUNCTIONS = new Set(['if', 'for', 'while', 'switch', 'catch', 'with', 'await']);

export function functionsOf(source: string): readonly FoundFunction[] {
  const tokens = tokensOf(stripTypeScriptTypes(source)).filter((token) => token.kind !== 'comment');
  const partner = partners(tokens);
  return tokens.flatMap((token, at) => {
    const head = token.text === '{' && token.kind === 'mark' ? headOf(tokens, partner, at) : undefined;
    const close = partner.get(at);
    if (!head || close === undefined) return [];
    const lines = (tokens[close]?.line ?? head.line) - head.line + 1;
    return [{ ...head, lines }];
  });
}

/** Which token closes which, both ways, for round and curly brackets. */
function partners(tokens: readonly Token[]): Map<number, number> {
  const partner = new Map<number, number>();
  const open: number[] = [];
  tokens.forEach((token, at) => {
    if (token.kind !== 'mark') return;
    if (token.text === '(' || token.text === '{') open.push(at);
    if (token.text !== ')' && token.text !== '}') return;
    const start = open.pop();
    if (start === undefined) return;
    partner.set(start, at);
    partner.set(at, start);
  });
  return partner;
}

function headOf(tokens: readonly Token[], partner: Map<number, number>, brace: number) {
  const before = tokens[brace - 1];
  if (before?.text === '=>') return arrowHead(tokens, partner.get(brace - 2) ?? brace - 2);
  const open = before?.text === ')' ? partner.get(brace - 1) : undefined;
  const owner = open === undefined ? undefined : tokens[open - 1];
  if (!owner || NOT_FUNCTIONS.has(owner.text)) return undefined;
  return { name: owner.kind === 'word' ? owner.text : '(anonymous)', line: owner.line };
}

function arrowHead(tokens: readonly Token[], first: number) {
  const start = tokens[first - 1]?.text === 'async' ? first - 1 : first;
  const named = ['=', ':'].includes(tokens[start - 1]?.text ?? '') ? tokens[start - 2] : undefined;
  return { name: named?.kind === 'word' ? named.text : '(anonymous)', line: tokens[start]?.line ?? 0 };
}
