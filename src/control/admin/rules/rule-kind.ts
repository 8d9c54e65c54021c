/*
 * Policies and limit rules are managed alike: a name, a priority, on or off, and what the rule states. A kind of rule says
 * what its statement is, where its rows are, what the file has of it, and what is wrong with one.
 */
import { z } from 'zod';
import { line, text } from '../../../config/fields.ts';
import type { Raw } from '../../../config/raw.ts';
import type { FieldFault } from '../../../model/admin-errors.ts';
import type { Actor } from '../../actor.ts';
import type { ManagedQueries } from '../../store/queries/managed.ts';
import type { PolicyRow } from '../../store/tables.ts';
import { type ObjectHead, objectData } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import type { Example } from '../route.ts';

/** The tables of all kinds of rules have the same columns. */
export type RuleRow = PolicyRow;

/** A rule as the API has it, without what every object has. */
export interface Rule {
  readonly name: string;
  readonly description: string;
  readonly priority: number;
  readonly enabled: boolean;
  /** What is stated of the rest; checked by the kind's schema. */
  readonly stated: Raw;
}

export interface FoundRule {
  readonly head: ObjectHead;
  readonly rule: Rule;
}

export interface RuleKind {
  /** Of operations and messages: `Policy`, `Policies`. */
  readonly one: string;
  readonly many: string;
  /** In the audit: `policy.create`. */
  readonly audited: string;
  readonly table: 'policies' | 'limitRules';
  readonly path: string;
  readonly tag: string;
  readonly more: string;
  readonly queries: ManagedQueries<RuleRow>;
  /** Fields beside name, description, priority and enabled. Those that may be left out may be cleared. */
  readonly stated: z.ZodRawShape;
  readonly examples: { readonly id: string; readonly create: Example; readonly patch: Example };
  /** What the file defines of this organisation. */
  ofFile(parts: AdminParts, actor: Actor): readonly FoundRule[];
  check(parts: AdminParts, actor: Actor, stated: Raw): RuleFaults;
}

export interface RuleFaults {
  readonly faults: readonly FieldFault[];
  readonly warnings: readonly FieldFault[];
}

export const PRIORITY_DEFAULT = 100;

const own = {
  description: text().optional().describe('What it is for.'),
  priority: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe(`1 to 1000; the highest is asked first. Default ${PRIORITY_DEFAULT}.`),
  enabled: z.boolean().optional().describe('Default true. One that is off is kept and means nothing.'),
};

const name = () => line(128).describe('Unique in its organisation; stands in logs where it decided.');

export function createRule(kind: Pick<RuleKind, 'stated'>) {
  return z.strictObject({ name: name(), ...own, ...kind.stated });
}

/** Fields that are given take the place of those that were; null clears one that may be left out. */
export function patchRule(kind: Pick<RuleKind, 'stated'>) {
  const shape = Object.entries({ ...own, ...kind.stated }).map(([field, schema]) => [
    field,
    cleared(schema as z.ZodType),
  ]);
  return z.strictObject({ name: name().optional(), ...(Object.fromEntries(shape) as z.ZodRawShape) });
}

function cleared(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? (schema.unwrap() as z.ZodType).nullable().optional() : schema.optional();
}

export function ruleData(kind: Pick<RuleKind, 'stated'>) {
  return objectData({
    name: z.string(),
    description: z.string(),
    priority: z.int(),
    enabled: z.boolean(),
    ...z.object(kind.stated).partial().shape,
  });
}

export function viewOf({ head, rule: { stated, ...own } }: FoundRule): Record<string, unknown> {
  return { ...head, ...own, ...stated };
}

/** The rule as it would be, of what was sent upon what was. */
export function ruleWith(before: Rule, sent: Raw): Rule {
  const { name: called, description, priority, enabled, ...rest } = sent;
  const stated = Object.entries({ ...before.stated, ...rest }).filter(
    ([, value]) => value !== null && value !== undefined,
  );
  return {
    name: typeof called === 'string' ? called : before.name,
    description: description === undefined ? before.description : String(description ?? ''),
    priority: priority === undefined ? before.priority : Number(priority ?? PRIORITY_DEFAULT),
    enabled: enabled === undefined ? before.enabled : enabled !== false,
    stated: Object.fromEntries(stated),
  };
}

export const BLANK: Rule = { name: '', description: '', priority: PRIORITY_DEFAULT, enabled: true, stated: {} };
