/*
 * What would be otherwise if a policy were saved, or deleted: asked of the data plane's own decision, on the snapshot as it is
 * but for that policy (model/rule-questions.ts). Questions are asked as they are; a sample asks for everybody who is known about
 * everything that an endpoint lists.
 */
import { z } from 'zod';
import type { FieldFault } from '../../../model/admin-errors.ts';
import type { LimitName } from '../../../model/limits.ts';
import type { BeforeAndAfter, PolicyChange, SampleReport } from '../../../model/rule-questions.ts';
import type { Snapshot } from '../../../model/snapshot.ts';
import { entriesOf } from '../../../model/table.ts';
import type { Actor } from '../../actor.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { definitionOf, POLICIES } from './policy-kind.ts';
import { CARRIES, type QuestionInput, questionInput, questionsOf } from './question-input.ts';
import { BLANK, createRule, type Rule, ruleWith } from './rule-kind.ts';
import { reportsOn } from './rule-names.ts';
import { ruleById, twin } from './rule-records.ts';
import { refuseFaults } from './rule-routes.ts';

/** Bounds what is read; the limits are lower. */
const LIST_MAX = 10_000;

const body = z.strictObject({
  id: z
    .string()
    .max(200)
    .optional()
    .describe('The stored policy in whose place it would be. Without `policy`: it would be deleted.'),
  policy: createRule(POLICIES).optional().describe('As it would be saved. One that is not enabled would not be there.'),
  questions: z.array(questionInput).max(LIST_MAX).optional(),
  sample: z
    .strictObject({
      principals: z
        .array(z.string().min(1).max(1_300))
        .max(LIST_MAX)
        .optional()
        .describe('Ids. Default: those that are known.'),
      endpoint: z.string().max(64).optional().describe('Default: /mcp.'),
    })
    .optional()
    .describe('Asks for these principals about everything that the endpoint’s servers list.'),
});
type Body = z.infer<typeof body>;

const verdict = z.object({
  answer: z.enum(['yes', 'no', 'step-up', 'depends']),
  rule: z.string().describe('What decided.'),
});

const data = z.object({
  questions: z.array(
    z.object({
      changed: z.boolean(),
      before: verdict.extend({ say: z.string() }),
      after: verdict.extend({ say: z.string() }),
    }),
  ),
  sample: z
    .object({
      changed: z.int().describe('Pairs of a principal and an entry that would be answered otherwise.'),
      otherRule: z.int().describe('Pairs that would be answered the same, by another rule.'),
      asked: z.int(),
      cut: z
        .boolean()
        .describe('There was more to look at than `dryRunPairsMax`, or more principals than `dryRunPrincipalsMax`.'),
      rows: z
        .array(
          z.object({
            ...{
              principal: z.string(),
              kind: z.enum(['tools', 'prompts', 'resources', 'templates']),
              server: z.string(),
            },
            ...{ name: z.string().describe('As its server calls it.'), before: verdict, after: verdict },
          }),
        )
        .describe('The first `dryRunRowsMax` of those that changed.'),
      unknown: z.array(z.object({ principal: z.string(), why: z.string() })),
    })
    .optional(),
});
type Data = z.infer<typeof data>;

export function dryRunPolicy(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'dryRunPolicy', method: 'POST', path: '/api/v1/policies/dry-run', tag: 'policies', gate: 'manage' },
    say: 'What would be otherwise if a policy were saved, or deleted. Nothing is changed.',
    more: 'The decision that calls get is asked twice: as things are, and as they would be. What only a call knows makes the answer `depends`.',
    body,
    carries: CARRIES.map((field) => `questions.${field}`),
    data,
    errors: ['conflict'],
    example: {
      body: {
        policy: POLICIES.examples.create.body,
        questions: [{ as: 'user:{username}', tool: '{serverTool}', arguments: { path: 'a' } }],
        sample: { principals: ['user:{username}'] },
      },
    },
    answer: async ({ actor, body: asked }) => ({ data: await dryRun(parts, actor, asked) }),
  });
}

async function dryRun(parts: AdminParts, actor: Actor, asked: Body): Promise<Data> {
  const limits = parts.limits();
  refuseFaults([...tooMany(parts, asked), ...emptyFaults(asked), ...endpointFaults(parts, actor, asked)]);
  const questions = read(actor, asked.questions ?? []);
  const change = await changeOf(parts, actor, asked);
  const { rules } = parts.operator;
  const answers = await rules.rehearse(change, questions);
  const { principals, isCut } = principalsOf(parts.publisher.snapshot(), actor, asked, limits.dryRunPrincipalsMax);
  const bounds = { pairsMax: limits.dryRunPairsMax, rowsMax: limits.dryRunRowsMax };
  const sample = asked.sample && (await rules.sample(change, { principals, endpoint: placeOf(asked), ...bounds }));
  if (isCut) parts.onLimit('dryRunPrincipalsMax');
  if (sample?.isCut) parts.onLimit('dryRunPairsMax');
  if (sample && sample.changed > sample.rows.length) parts.onLimit('dryRunRowsMax');
  return { questions: answers.map(toldAnswer), ...(sample ? { sample: toldSample(sample, isCut) } : {}) };
}

function placeOf({ sample }: Body): string {
  const { endpoint = '' } = sample ?? {};
  return endpoint === 'default' ? '' : endpoint;
}

function tooMany(parts: AdminParts, { questions = [], sample }: Body): readonly FieldFault[] {
  return [
    ...over(parts, 'body.questions', questions.length, 'dryRunQuestionsMax'),
    ...over(parts, 'body.sample.principals', sample?.principals?.length ?? 0, 'dryRunPrincipalsMax'),
  ];
}

export function over(
  { limits, onLimit }: Pick<AdminParts, 'limits' | 'onLimit'>,
  field: string,
  count: number,
  limit: LimitName,
): readonly FieldFault[] {
  const max = limits()[limit];
  if (count <= max) return [];
  onLimit(limit);
  return [{ field, say: `At most ${max} (the limit ${limit}).` }];
}

function emptyFaults({ id, policy, questions, sample }: Body): readonly FieldFault[] {
  const nothing = { field: 'body', say: 'Give "policy", or the "id" of a stored one that would be deleted.' };
  const noWhat = { field: 'body', say: 'Give "questions", or a "sample", or both.' };
  return [...(id === undefined && policy === undefined ? [nothing] : []), ...(questions || sample ? [] : [noWhat])];
}

function endpointFaults({ publisher }: AdminParts, { organisation }: Actor, { sample }: Body): readonly FieldFault[] {
  const { known, faults } = reportsOn(publisher.snapshot(), organisation);
  known.checkName('endpoint', sample?.endpoint, ['body', 'sample', 'endpoint']);
  return faults;
}

function read(actor: Actor, asked: readonly QuestionInput[]) {
  const found = questionsOf(actor, asked, 'body.questions');
  if ('faults' in found) refuseFaults(found.faults);
  return 'questions' in found ? found.questions : [];
}

async function changeOf(parts: AdminParts, actor: Actor, { id, policy }: Body): Promise<PolicyChange> {
  const { organisation } = actor;
  const context = { parts, kind: POLICIES };
  const replaced = id === undefined ? undefined : await ruleById(context, actor, id);
  const without = replaced ? [replaced.rule.name] : [];
  if (!policy) return { organisation, without, put: [] };
  const rule: Rule = ruleWith(BLANK, policy);
  const { faults } = POLICIES.check(parts, actor, rule.stated);
  refuseFaults(faults.map(({ field, say }) => ({ field: field.replace(/^body/, 'body.policy'), say })));
  await twin(context, actor, rule.name, id);
  return { organisation, without, put: rule.enabled ? [definitionOf(rule, organisation)] : [] };
}

function principalsOf(snapshot: Snapshot, { organisation }: Actor, { sample }: Body, max: number) {
  if (sample?.principals || !sample) return { principals: sample?.principals ?? [], isCut: false };
  const principals: string[] = [];
  for (const id of knownIn(snapshot, organisation)) {
    if (principals.length === max) return { principals, isCut: true };
    principals.push(id);
  }
  return { principals, isCut: false };
}

function* knownIn({ identity, people }: Snapshot, organisation: string): Generator<string> {
  for (const [name, { memberships }] of entriesOf(people.users))
    if (memberships.has(organisation)) yield `user:${name}`;
  for (const user of identity.users.values()) if (user.organisation === organisation) yield user.name;
  for (const token of identity.tokens) if (token.organisation === organisation) yield `token:${token.name}`;
  for (const key of identity.keys) if (key.organisation === organisation) yield `key:${key.id}`;
}

function toldAnswer({ before, after }: BeforeAndAfter): Data['questions'][number] {
  const told = ({ answer, rule, say }: BeforeAndAfter['before']) => ({ answer, rule, say });
  return { changed: before.answer !== after.answer, before: told(before), after: told(after) };
}

function toldSample({ rows, unknown, isCut, ...counts }: SampleReport, fewer: boolean): Data['sample'] {
  return { ...counts, cut: isCut || fewer, rows: [...rows], unknown: [...unknown] };
}
