/*
 * Which limit rules would count a call, and under which key each: asked of the parts that decide about calls, with a rule that
 * is not saved yet if one is given. And which rules can never refuse, because another always does first.
 */
import { z } from 'zod';
import type { ExplainQuestion } from '../../../model/explanation.ts';
import type { Counted, Weighing } from '../../../model/rule-questions.ts';
import type { Actor } from '../../actor.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { coveredBy, type NamedLimit } from './limit-rule-cover.ts';
import { countedKey } from './limit-rule-keys.ts';
import { caseOf, entryOf, LIMIT_RULES, NOT_YET } from './limit-rule-kind.ts';
import { ALGORITHM_DEFAULT, ALGORITHMS, DIMENSIONS } from './limit-rule-shape.ts';
import { over } from './policy-dry-run.ts';
import { CARRIES, questionInput, questionsOf } from './question-input.ts';
import { BLANK, createRule, ruleWith } from './rule-kind.ts';
import { foundIn, ruleById, twin } from './rule-records.ts';
import { refuseFaults } from './rule-routes.ts';

/** Bounds what is read; the limits are lower. */
const LIST_MAX = 10_000;
/** Each is held against each other. */
const COMPARED_MAX = 1_000;

const body = z.strictObject({
  id: z.string().max(200).optional().describe('The stored rule in whose place `rule` would be.'),
  rule: createRule(LIMIT_RULES).optional().describe('One that is not saved; without it the stored ones are asked.'),
  questions: z.array(questionInput).min(1).max(LIST_MAX),
});
type Body = z.infer<typeof body>;

const counted = z.object({
  id: z.string().nullable().describe('Null for the rule that is not saved.'),
  name: z.string(),
  priority: z.int(),
  counts: z
    .enum(['yes', 'no', 'depends', 'error'])
    .describe('`depends`: on what the question does not say. `error`: its condition cannot be judged, so it counts.'),
  key: z.string().nullable().describe('Under which the call is counted: `user:ann`. Null where it is not.'),
  ...{ per: z.enum(DIMENSIONS), limit: z.int(), windowMs: z.int(), algorithm: z.enum(ALGORITHMS) },
});

const data = z.object({
  enforced: z.literal(false).describe('This version does not enforce limit rules yet.'),
  questions: z.array(
    z.object({
      answer: z
        .enum(['yes', 'no', 'step-up', 'depends'])
        .describe('Whether the call may be made; what is refused is not counted.'),
      reason: z.string().nullable().describe('Why nothing is counted: nobody is recognised, or nothing is meant.'),
      rules: z.array(counted).describe('Those that mean the call, the highest priority first.'),
    }),
  ),
});
type Data = z.infer<typeof data>;

export function dryRunLimitRule(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{
      id: 'dryRunLimitRule',
      method: 'POST',
      path: '/api/v1/limit-rules/dry-run',
      tag: 'limit rules',
      gate: 'manage',
    },
    say: 'Which limit rules would count a call, and under which key each.',
    more: NOT_YET,
    body,
    carries: CARRIES.map((field) => `questions.${field}`),
    data,
    errors: ['conflict'],
    example: {
      body: {
        rule: LIMIT_RULES.examples.create.body,
        questions: [{ as: 'user:{username}', tool: '{serverTool}', request: { address: '192.0.2.7' } }],
      },
    },
    answer: async ({ actor, body: asked }) => {
      const questions = await counting(parts, actor, asked);
      return { data: { enforced: false as const, questions } };
    },
  });
}

async function counting(parts: AdminParts, actor: Actor, asked: Body): Promise<Data['questions']> {
  refuseFaults(over(parts, 'body.questions', asked.questions.length, 'dryRunQuestionsMax'));
  const rules = await rulesAsked(parts, actor, asked);
  const read = questionsOf(actor, asked.questions, 'body.questions');
  if ('faults' in read) refuseFaults(read.faults);
  const told: Data['questions'] = [];
  for (const question of 'questions' in read ? read.questions : [])
    told.push(await answerOf(parts, actor, rules, question));
  return told;
}

interface AskedRule extends NamedLimit {
  readonly isStored: boolean;
  readonly priority: number;
}

const TRIED = '(the rule that is tried)';

async function rulesAsked(parts: AdminParts, actor: Actor, { id, rule: tried }: Body): Promise<readonly AskedRule[]> {
  const stored = (await enabledRules(parts, actor)).filter((each) => each.id !== id);
  if (id !== undefined) await ruleById({ parts, kind: LIMIT_RULES }, actor, id);
  if (!tried) return stored;
  const rule = ruleWith(BLANK, tried);
  const { faults } = LIMIT_RULES.check(parts, actor, rule.stated);
  refuseFaults(faults.map(({ field, say }) => ({ field: field.replace(/^body/, 'body.rule'), say })));
  await twin({ parts, kind: LIMIT_RULES }, actor, rule.name, id);
  const entry = entryOf(rule);
  const { name, priority } = rule;
  return entry && rule.enabled
    ? byPriority([...stored, { id: TRIED, name, priority, entry, isStored: false }])
    : stored;
}

async function enabledRules({ store }: AdminParts, actor: Actor): Promise<readonly AskedRule[]> {
  const rows = await store.read(LIMIT_RULES.queries.having(actor, { enabled: 1 }));
  const rules = rows.flatMap((row): AskedRule[] => {
    const { rule } = foundIn(row);
    const entry = entryOf(rule);
    return entry ? [{ id: row.id, name: rule.name, priority: rule.priority, entry, isStored: true }] : [];
  });
  return byPriority(rules);
}

function byPriority(rules: readonly AskedRule[]): readonly AskedRule[] {
  return [...rules].sort((a, b) => b.priority - a.priority || (a.name < b.name ? -1 : 1));
}

async function answerOf(
  { operator }: AdminParts,
  { organisation }: Actor,
  rules: readonly AskedRule[],
  question: ExplainQuestion,
): Promise<Data['questions'][number]> {
  const cases = rules.map(({ id, entry }) => caseOf(id, entry));
  const weighing = await operator.rules.weigh(organisation, cases, question);
  const meant = rules.flatMap((rule) => {
    const counts = weighing.counted.get(rule.id) ?? 'no';
    return counts === 'no' ? [] : [told(rule, counts, weighing, question)];
  });
  return { answer: weighing.answer, reason: weighing.why ?? null, rules: meant };
}

function told(
  { id, isStored, name, priority, entry }: AskedRule,
  counts: Counted,
  { call }: Weighing,
  { endpoint, request }: ExplainQuestion,
): z.infer<typeof counted> {
  const { per, limit, windowMs, algorithm = ALGORITHM_DEFAULT } = entry;
  const key = call && countedKey(per, { ...call, endpoint, address: request?.address });
  const isCounted = key === undefined ? 'no' : counts;
  return {
    id: isStored ? id : null,
    name,
    priority,
    counts: isCounted,
    key: key ?? null,
    per,
    limit,
    windowMs,
    algorithm,
  };
}

const conflict = z.object({
  id: z.string(),
  name: z.string(),
  coveredBy: z
    .object({ id: z.string(), name: z.string() })
    .describe('Whenever the first would refuse, this one has refused before.'),
});

export function limitRuleConflicts(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{
      id: 'listLimitRuleConflicts',
      method: 'GET',
      path: '/api/v1/limit-rules/conflicts',
      tag: 'limit rules',
      gate: 'manage',
    },
    say: 'Rules that can never refuse a call, because a stricter one always does first.',
    more: `Only what is certain by the rules’ own text is told; of the rules that are enabled the first ${COMPARED_MAX} are compared.`,
    data: z.object({ items: z.array(conflict) }),
    example: {},
    answer: async ({ actor }) => {
      const rules = (await enabledRules(parts, actor)).slice(0, COMPARED_MAX);
      const covered = coveredBy(rules);
      const items = rules.flatMap(({ id, name }) => {
        const by = covered.get(id);
        return by ? [{ id, name, coveredBy: { id: by.id, name: by.name } }] : [];
      });
      return { data: { items } };
    },
  });
}
