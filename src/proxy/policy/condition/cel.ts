/*
 * The Common Expression Language, and the only file that knows which library reads it.
 *
 * What a caller sends is never handed over as it is: members are looked up one by one, by own name only, and what looks
 * like a value of the library is data like any other. Every member read, every round of a macro and every letter is paid
 * for from one purse, so that no expression takes long, whatever it is given.
 */
import {
  type CelInput,
  type CelList,
  type CelMap,
  CelScalar,
  type CelValue,
  celEnv,
  celError,
  celFunc,
  celList,
  celMap,
  celMethod,
  celType,
  isCelList,
  isCelMap,
  listType,
  parse,
  plan,
} from '@bufbuild/cel';
import { TIME_FIELDS, type TimeField, timeField } from './clock-fields.ts';
import type { LinearPattern } from './linear-pattern.ts';

export type Expression = ReturnType<typeof parse>['expr'];
export type Value = CelInput;

/** A longer text is not read by conditions. */
export const STRING_LENGTH_MAX = 65_536;
/** For all conditions of one decision: one for each step of a macro, and for each 64 letters read. About 0.2 µs each. */
export const WORK_MAX = 200_000;

/** To make a map takes as long as some steps, however small it is. */
const MAP_WORK = 4;

/** What an evaluation may still use, and the patterns of its expression. Evaluations never overlap. */
let left = Number.POSITIVE_INFINITY;
let patterns: readonly LinearPattern[] = [];

function spend(work: number): void {
  left -= work;
  if (left < 0) throw new RangeError('the condition takes too long');
}

/** What the conditions of one decision may use together. */
export interface Purse {
  left: number;
}

const { BOOL, DYN, INT, STRING } = CelScalar;
const LIST = listType(DYN);
/** A time as the library has it; and so that of its type. */
const toTime = plan(celEnv(), parse('timestamp(ms)'));
const TIMESTAMP = celType(timeOf(0) as CelValue);

export function timeOf(ms: number): Value {
  return toTime({ ms: BigInt(Math.trunc(ms)) }) as Value;
}

/** Stands in for the library's own, which does not know of the purse, or reads the clock of this machine's zone. */
const OWN = [
  celFunc('@counted', [DYN, INT], DYN, (range, weight) => {
    const size = isCelList(range) || isCelMap(range) ? range.size : 0;
    spend(size * Number(weight));
    return range;
  }),
  celFunc('@matches', [STRING, INT], BOOL, (text, at) => {
    const pattern = patterns[Number(at)];
    if (!pattern) throw new Error('unknown pattern');
    spend((text.length * pattern.size) / 64);
    return pattern.test(text);
  }),
  celFunc('_+_', [LIST, LIST], LIST, (one, other) => {
    spend((one.size + other.size) / 8);
    return celList([...one, ...other]);
  }),
  celFunc('_+_', [STRING, STRING], STRING, (one, other) => readable(one + other)),
  ...TIME_FIELDS.flatMap((name: TimeField) => [
    celMethod(name, TIMESTAMP, [], INT, function () {
      return BigInt(timeField(name, msOf(this), undefined));
    }),
    celMethod(name, TIMESTAMP, [STRING], INT, function (zone) {
      return BigInt(timeField(name, msOf(this), zone));
    }),
  ]),
];

const env = celEnv({ funcs: OWN });

/** What expressions may call, operators with their inner names. */
export const FUNCTIONS: ReadonlySet<string> = new Set(
  [...env.funcs].map(({ name }) => name).filter((name) => !name.startsWith('@') || name === '@in'),
);

function msOf(time: unknown): number {
  const { seconds, nanos } = (time as { message: { seconds: bigint; nanos: number } }).message;
  return Number(seconds) * 1000 + Math.floor(nanos / 1_000_000);
}

/** Throws for what is no expression. */
export function parseExpression(text: string): Expression {
  return parse(text).expr;
}

export type Bindings = Readonly<Record<string, Value | Missing>>;

/** Stands for what is not known yet: whatever depends on it is an error, and nothing else is. */
export const UNKNOWN = celError('unknown');
/** Stands for what cannot be read. */
export const UNREADABLE = celError('unreadable');
export type Missing = typeof UNKNOWN;

export type Program = (bindings: Bindings, purse: Purse) => boolean | 'error';

/** The expression must have passed `read.ts`. */
export function planExpression(expression: Expression, its: readonly LinearPattern[]): Program {
  const run = plan(env, expression);
  return (bindings, purse) => {
    const traced = Error.stackTraceLimit;
    left = purse.left;
    patterns = its;
    // An error is a value here, made and dropped; its stack would cost more than the expression.
    Error.stackTraceLimit = 0;
    try {
      const result = run(bindings as Record<string, CelInput>);
      return typeof result === 'boolean' ? result : 'error';
    } catch {
      return 'error';
    } finally {
      Error.stackTraceLimit = traced;
      purse.left = left;
      left = Number.POSITIVE_INFINITY;
    }
  };
}

/** Something of JSON. */
export function fromJson(json: unknown): Value {
  if (typeof json === 'string') return readable(json);
  if (typeof json === 'number' || typeof json === 'boolean' || json === null) return json;
  if (Array.isArray(json)) return listOf(json);
  if (typeof json !== 'object') throw new TypeError('no JSON');
  const members = json as Record<string, unknown>;
  const has = (name: string) => Object.hasOwn(members, name);
  return mapOf(new Members(Object.keys(members), has, (name) => fromJson(members[name])));
}

/** A map whose members are made when they are asked for. */
export function recordOf(members: ReadonlyMap<string, () => Value>): Value {
  const read = (name: string) => members.get(name)?.() ?? null;
  return mapOf(new Members([...members.keys()], (name) => members.has(name), read));
}

function readable(text: string): string {
  if (text.length > STRING_LENGTH_MAX) throw new RangeError('the text is too long for conditions');
  spend(1 + text.length / 64);
  return text;
}

function listOf(elements: readonly unknown[]): CelList {
  spend(elements.length);
  return celList(elements.map(fromJson));
}

/** `has` is true for a member that is null, which the library's is not. */
function mapOf(members: Members): CelMap {
  const has = (key: unknown) => typeof key === 'string' && members.has(key);
  return Object.assign(celMap(members), { has });
}

class Members implements ReadonlyMap<string, Value> {
  readonly #names: readonly string[];
  readonly has: (name: string) => boolean;
  readonly #read: (name: string) => Value;

  constructor(names: readonly string[], has: (name: string) => boolean, read: (name: string) => Value) {
    spend(MAP_WORK + names.length / 8);
    this.#names = names;
    this.has = has;
    this.#read = read;
  }

  get size(): number {
    return this.#names.length;
  }

  get(name: string): Value | undefined {
    spend(1);
    return this.has(name) ? this.#read(name) : undefined;
  }

  keys(): MapIterator<string> {
    spend(this.size);
    return this.#names.values();
  }

  *entries(): MapIterator<[string, Value]> {
    for (const name of this.keys()) yield [name, this.#read(name)];
  }

  *values(): MapIterator<Value> {
    for (const name of this.keys()) yield this.#read(name);
  }

  [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.entries();
  }

  forEach(visit: (value: Value, name: string, map: ReadonlyMap<string, Value>) => void): void {
    for (const [name, value] of this.entries()) visit(value, name, this);
  }
}
