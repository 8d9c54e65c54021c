/*
 * What a source imports: static, re-exported and dynamic, types included.
 *
 * `import(variable)` cannot be followed and is reported as a specifier of its own, so that no border is crossed unseen.
 */
import { posix } from 'node:path';
import { tokensOf } from './lexer.ts';

export interface FoundImport {
  readonly specifier: string;
  readonly line: number;
}

const AHEAD_OF_SPECIFIER = new Set(['from', 'import']);

export function importsOf(source: string): readonly FoundImport[] {
  const tokens = tokensOf(source).filter((token) => token.kind !== 'comment');
  return tokens.flatMap((token, at) => {
    if (token.kind === 'string' && AHEAD_OF_SPECIFIER.has(tokens[at - 1]?.text ?? '')) {
      return [{ specifier: token.text.slice(1, -1), line: token.line }];
    }
    if (token.text !== 'import' || tokens[at + 1]?.text !== '(' || tokens[at - 1]?.text === '.') return [];
    const target = tokens[at + 2];
    return [{ specifier: target?.kind === 'string' ? target.text.slice(1, -1) : '(computed)', line: token.line }];
  });
}

/** The path from the root that a relative specifier in `from` means; undefined for packages. */
export function resolveImport(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;
}
