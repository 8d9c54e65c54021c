/*
 * What an expression looks at, found in its tree before it is ever evaluated, and what of it is not allowed.
 *
 * An expression that looks at the caller and the target alone is settled once; one that looks at the request is asked anew
 * for each; one that looks at arguments is open until there is a call. So nothing may be reached but by its name.
 */
import { type Expression, FUNCTIONS } from './cel.ts';
import { LinearPattern } from './linear-pattern.ts';

/** Names of members; `*` for all of them. Claims are `claims.name`. */
export interface Reads {
  readonly principal: ReadonlySet<string>;
  readonly target: ReadonlySet<string>;
  readonly request: ReadonlySet<string>;
  readonly arguments: boolean;
  /** Names of header fields; `*` for all that are there. */
  readonly headers: ReadonlySet<string>;
}

/** Whether it looks at what is another in each request: nothing that it decides may be kept. The method is no such thing. */
export function isVolatile({ request }: Reads): boolean {
  return [...request].some((member) => member !== 'method');
}

export const EXPRESSION_LENGTH_MAX = 4_096;
export const NESTING_MAX = 32;
export const LIST_LENGTH_MAX = 256;

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  principal: ['id', 'kind', 'organisation', 'user', 'roles', 'groups', 'scopes', 'claims'],
  target: ['server', 'endpoint', 'kind', 'name'],
  request: ['time', 'address', 'headers', 'door', 'revision', 'method'],
};
/** Operators that are no functions to the library. */
const OPERATORS = new Set(['_&&_', '_||_', '_?_:_', '_[_]', '@not_strictly_false']);
const TYPES = new Set(['int', 'uint', 'double', 'bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type']);

type Call = Extract<Expression['exprKind'], { case: 'callExpr' }>['value'];
type Loop = Extract<Expression['exprKind'], { case: 'comprehensionExpr' }>['value'];

/** Reads the tree, and puts our own functions where the library's would not count what they use. */
export class Reading implements Reads {
  readonly principal = new Set<string>();
  readonly target = new Set<string>();
  readonly request = new Set<string>();
  arguments = false;
  readonly patterns: LinearPattern[] = [];
  readonly headers = new Set<string>();
  #nodes = 0;

  constructor(expression: Expression) {
    this.#walk(expression, 1, new Set());
  }

  #walk(node: Expression | undefined, depth: number, loops: ReadonlySet<string>): void {
    if (!node) throw new SyntaxError('It is not complete.');
    if (depth > NESTING_MAX) throw new SyntaxError(`It is nested more than ${NESTING_MAX} levels deep.`);
    const path = pathOf(node);
    this.#nodes += path?.length ?? 1;
    if (path && path.length > NESTING_MAX) throw new SyntaxError(`It is nested more than ${NESTING_MAX} levels deep.`);
    if (path) this.#name(path, loops);
    else for (const part of this.#parts(node)) this.#walk(part, depth + 1, loops);
    if (node.exprKind.case === 'comprehensionExpr') this.#loop(node.exprKind.value, depth, loops);
  }

  #parts({ exprKind: { case: kind, value } }: Expression): readonly (Expression | undefined)[] {
    if (kind === 'constExpr' || kind === 'comprehensionExpr') return [];
    if (kind === 'selectExpr') return [value.operand];
    if (kind === 'listExpr') return bounded(value.elements);
    if (kind === 'callExpr') return this.#call(value);
    if (kind !== 'structExpr') throw new SyntaxError('It is not complete.');
    if (value.messageName !== '') throw new SyntaxError('It makes a message, which conditions cannot.');
    return bounded(value.entries).flatMap(({ keyKind, value: held }) => [
      keyKind.case === 'mapKey' ? keyKind.value : undefined,
      held,
    ]);
  }

  #call(call: Call): readonly (Expression | undefined)[] {
    if (call.function === 'matches') this.#match(call);
    else if (!FUNCTIONS.has(call.function) && !OPERATORS.has(call.function)) {
      throw new SyntaxError(`There is no function ${JSON.stringify(call.function)}.`);
    }
    return call.target ? [call.target, ...call.args] : call.args;
  }

  #match(call: Call): void {
    const { target, args } = call;
    const [only] = args;
    const text = only?.exprKind.case === 'constExpr' ? only.exprKind.value.constantKind : undefined;
    if (!target || args.length !== 1 || text?.case !== 'stringValue') {
      throw new SyntaxError('The pattern of matches must be written out, as in text.matches("^a").');
    }
    const at = this.patterns.push(pattern(text.value)) - 1;
    Object.assign(call, { function: '@matches', args: [target, integer(at)], target: undefined });
  }

  #loop(loop: Loop, depth: number, loops: ReadonlySet<string>): void {
    if (loop.iterVar in MEMBERS || loop.iterVar === 'arguments' || TYPES.has(loop.iterVar)) {
      throw new SyntaxError(`The variable of a macro cannot be called ${loop.iterVar}.`);
    }
    this.#walk(loop.iterRange, depth + 1, loops);
    const before = this.#nodes;
    const inner = new Set([...loops, loop.iterVar, loop.accuVar]);
    for (const part of [loop.accuInit, loop.loopCondition, loop.loopStep, loop.result]) {
      this.#walk(part, depth + 1, inner);
    }
    if (loop.iterRange) loop.iterRange = counted(loop.iterRange, this.#nodes - before);
  }

  #name([root = '', ...members]: readonly string[], loops: ReadonlySet<string>): void {
    if (loops.has(root) || (members.length === 0 && TYPES.has(root))) return;
    if (root === 'arguments') {
      this.arguments = true;
      return;
    }
    const known = Object.hasOwn(MEMBERS, root) ? MEMBERS[root] : undefined;
    if (!known) throw new SyntaxError(`There is nothing called ${JSON.stringify(root)}.`);
    const [member = '*', inner = '*'] = members;
    if (member !== '*' && !known.includes(member)) throw new SyntaxError(`${root} has no ${JSON.stringify(member)}.`);
    if (member === 'headers') this.headers.add(inner);
    this[root as 'principal' | 'target' | 'request'].add(member === 'claims' ? `claims.${inner}` : member);
  }
}

/** `a.b["c"].d` from its root. */
function pathOf({ exprKind: { case: kind, value } }: Expression): readonly string[] | undefined {
  if (kind === 'identExpr') return [value.name];
  if (kind === 'selectExpr') return value.operand && extended(value.operand, value.field);
  if (kind !== 'callExpr' || value.function !== '_[_]') return undefined;
  const [of, index] = value.args;
  const key = index?.exprKind.case === 'constExpr' ? index.exprKind.value.constantKind : undefined;
  return of && key?.case === 'stringValue' ? extended(of, key.value) : undefined;
}

function extended(of: Expression, member: string): readonly string[] | undefined {
  const path = pathOf(of);
  return path && [...path, member];
}

function integer(value: number): Expression {
  const constantKind = { case: 'int64Value' as const, value: BigInt(value) };
  const exprKind = { case: 'constExpr' as const, value: { $typeName: 'cel.expr.Constant' as const, constantKind } };
  return { $typeName: 'cel.expr.Expr', id: 0n, exprKind };
}

/** The range of a macro, paid for: `weight` is what one round of it takes. */
function counted(range: Expression, weight: number): Expression {
  const args = [range, integer(weight)];
  const call = { $typeName: 'cel.expr.Expr.Call' as const, function: '@counted', args };
  return { $typeName: 'cel.expr.Expr', id: range.id, exprKind: { case: 'callExpr', value: call } };
}

function bounded<T>(list: readonly T[]): readonly T[] {
  if (list.length > LIST_LENGTH_MAX) throw new SyntaxError(`A list in it has more than ${LIST_LENGTH_MAX} elements.`);
  return list;
}

function pattern(text: string): LinearPattern {
  try {
    return new LinearPattern(text);
  } catch (thrown) {
    const why = thrown instanceof RangeError ? thrown.message : 'it is no RE2 pattern';
    throw new SyntaxError(`It matches a pattern that cannot be used: ${why}.`);
  }
}
