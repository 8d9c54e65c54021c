/*
 * Why somebody of the organisation may use something, or may not: the operator's `explain`, within the borders of one
 * organisation.
 */
import { z } from 'zod';
import type { Explanation } from '../../../model/explanation.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { CARRIES, questionInput, questionsOf } from './question-input.ts';
import { refuseFaults } from './rule-routes.ts';

const names = z.array(z.string());

const data = z.object({
  answer: z.enum(['yes', 'no', 'step-up', 'depends']),
  rule: z.string().describe('What decided; those that are open for `depends`.'),
  reason: z.string().nullable().describe('Why not, or why nobody answers a call that may be made.'),
  say: z.string().describe('The whole in one sentence.'),
  path: z.string(),
  principal: z
    .object({
      ...{ id: z.string(), kind: z.string(), organisation: z.string(), user: z.string().nullable() },
      ...{ roles: names, groups: names, scopes: names, grants: z.enum(['all', 'none']) },
    })
    .nullable(),
  target: z
    .object({
      ...{ kind: z.string(), server: z.string(), state: z.string().nullable() },
      key: z.string().describe('As its server calls it.'),
      name: z.string().describe('As clients of the endpoint call it.'),
    })
    .nullable(),
  scopes: names.nullable().describe('All that a call would need, for `step-up`.'),
  dependsOn: names.nullable().describe('What would have to be known, for `depends`.'),
  steps: z.array(z.object({ about: z.string(), mark: z.string(), rule: z.string(), say: z.string() })),
});

export function explainRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [explainCall(parts)];
}

function explainCall({ operator }: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'explain', method: 'POST', path: '/api/v1/explain', tag: 'policies', gate: 'manage' },
    say: 'Why somebody may use a tool, a prompt or a resource, or may not: every rule that was looked at.',
    more: 'Of principals that act in the organisation, about servers that it has or that are shared. Others are unknown here.',
    body: questionInput,
    carries: CARRIES,
    data,
    example: { body: { as: 'user:{username}', tool: '{serverTool}' } },
    answer: async ({ actor, body }) => {
      const read = questionsOf(actor, [body], 'body');
      if ('faults' in read) refuseFaults(read.faults.map(({ say }) => ({ field: 'body', say })));
      const [question] = 'questions' in read ? read.questions : [];
      if (!question) throw new TypeError('no question');
      return { data: told(await operator.explain(question)) };
    },
  });
}

function told(found: Explanation): z.infer<typeof data> {
  const { answer, rule, reason = null, say, path, principal, target, scopes, dependsOn, steps } = found;
  return {
    ...{ answer, rule, reason, say, path },
    principal: principal
      ? {
          ...{ ...principal, user: principal.user ?? null },
          ...{ roles: [...principal.roles], groups: [...principal.groups], scopes: [...principal.scopes] },
        }
      : null,
    target: target ? { ...target, state: target.state ?? null } : null,
    ...{ scopes: scopes ? [...scopes] : null, dependsOn: dependsOn ? [...dependsOn] : null },
    steps: steps.map((step) => ({ ...step })),
  };
}
