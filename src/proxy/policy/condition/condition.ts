/*
 * The conditions of policies: CEL over `principal`, `target`, `arguments` and `request`.
 *
 * An answer is true, false, an error, or unknown where it depends on what is not there yet: arguments before there is a
 * call, the request while a view is made, the one name of many that a template stands for. CEL's own logic says when it
 * does not depend on that: `false && unknown` is false. Anything but true and false is an error, and so is a condition
 * that does not compile, which the configuration says before it is ever asked.
 */
import {
  type Bindings,
  type Expression,
  type Program,
  parseExpression,
  planExpression,
  UNKNOWN,
  type Value,
} from './cel.ts';
import type { Question } from './question.ts';
import { EXPRESSION_LENGTH_MAX, Reading, type Reads } from './reads.ts';

export type Truth = boolean | 'error' | 'unknown';

export interface Condition {
  readonly reads: Reads;
  /** `principal`: as `principalValue` makes it. */
  readonly test: (principal: Value, question: Question) => Truth;
}

const NOTHING: Reads = {
  principal: new Set(),
  target: new Set(),
  request: new Set(),
  arguments: false,
  headers: new Set(),
};

/** By text: the file's check, and each snapshot that still has it, find it here. */
const known = new Map<string, Condition>();
const KNOWN_MAX = 10_000;

export function compileCondition(text: string): Condition {
  return known.get(text) ?? compiledOrError(text);
}

function remember(text: string, condition: Condition): Condition {
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(text, condition);
  return condition;
}

function compiledOrError(text: string): Condition {
  try {
    return remember(text, compiled(text));
  } catch {
    return { reads: NOTHING, test: () => 'error' };
  }
}

/** What is wrong with a condition, for whoever wrote it; never its own text. `headers`: those that it may read. */
export function conditionFault(text: string, headers?: readonly string[]): string | undefined {
  try {
    const { reads } = known.get(text) ?? remember(text, compiled(text));
    const stray = headers && [...reads.headers].find((name) => name !== '*' && !headers.includes(name));
    return stray && 'It reads a header field that access.conditionHeaders does not name.';
  } catch (thrown) {
    return thrown instanceof SyntaxError ? thrown.message : `It is no CEL expression${placeOf(thrown)}.`;
  }
}

function placeOf(thrown: unknown): string {
  const found = thrown instanceof Error && /:(\d+):(\d+): /.exec(thrown.message);
  return found ? `: line ${found[1]}, column ${found[2]}` : '';
}

function parsed(text: string): Expression {
  if (text.length > EXPRESSION_LENGTH_MAX) {
    throw new SyntaxError(`It is longer than ${EXPRESSION_LENGTH_MAX} characters.`);
  }
  return parseExpression(text);
}

function compiled(text: string): Condition {
  const expression = parsed(text);
  const reads = new Reading(expression);
  const program = planExpression(expression, reads.patterns);
  return { reads, test: (principal, question) => test(program, reads, principal, question) };
}

function test(program: Program, reads: Reads, principal: Value, question: Question): Truth {
  const bindings: Bindings = {
    principal,
    target: reads.target.size > 0 ? question.target : UNKNOWN,
    request: reads.request.size > 0 ? question.request : UNKNOWN,
    arguments: reads.arguments ? question.arguments : UNKNOWN,
  };
  const truth = program(bindings, question.purse);
  return truth === 'error' && question.lacks(reads) ? 'unknown' : truth;
}
