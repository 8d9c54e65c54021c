/*
 * The routes of a kind of rule: list, create, get, change, on, off, delete, and the check without saving.
 *
 * What is saved is in the snapshot when the answer goes out, so that who has saved a rule finds it decided by.
 */
import { z } from 'zod';
import { AdminError } from '../../../model/admin-errors.ts';
import { checkParts } from '../faults.ts';
import { listData, listQuery } from '../kit/list.ts';
import { BY_ID } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import type { AdminRoute } from '../route.ts';
import { adminRoute } from '../route.ts';
import {
  BLANK,
  createRule,
  type FoundRule,
  patchRule,
  type RuleKind,
  ruleData,
  ruleWith,
  viewOf,
} from './rule-kind.ts';
import { changeable, listedRules, RULE_SORTS, ruleById, save, saveNew, take } from './rule-records.ts';

export interface RuleContext {
  readonly parts: AdminParts;
  readonly kind: RuleKind;
}

export function ruleRoutes(parts: AdminParts, kind: RuleKind): readonly AdminRoute[] {
  const context = { parts, kind };
  return [
    listRules(context),
    newRule(context),
    checkedRule(context),
    oneRule(context),
    changedRule(context),
    switched(context, 'enable'),
    switched(context, 'disable'),
    deletedRule(context),
  ];
}

const FILTERS = {
  q: z.string().min(1).max(200).optional().describe('A text in the name or the description.'),
  name: z.string().max(200).optional().describe('The name itself.'),
  enabled: z.enum(['true', 'false']).optional(),
  origin: z.enum(['file', 'store']).optional(),
};
const BY_PRIORITY = 'With a minus descending. `-priority` unless told.';
const listing = listQuery(RULE_SORTS, FILTERS);
const RULE_QUERY = listing.extend({ sort: listing.shape.sort.describe(BY_PRIORITY) });
export type RuleQuery = z.infer<typeof RULE_QUERY>;

function listRules({ parts, kind }: RuleContext): AdminRoute {
  return adminRoute({
    ...{ id: `list${kind.many}`, method: 'GET', path: kind.path, tag: kind.tag, gate: 'manage' },
    say: `The ${kind.tag} of the organisation, those of highest priority first.`,
    more: kind.more,
    query: RULE_QUERY,
    data: listData(ruleData(kind)),
    example: { query: { enabled: 'true', sort: '-priority' } },
    answer: async ({ actor, query }) => ({ data: (await listedRules({ parts, kind }, actor, query)) as Listed }),
  });
}

type RuleData = z.infer<ReturnType<typeof ruleData>>;
interface Listed {
  readonly items: RuleData[];
  readonly nextCursor?: string;
}

/** The schema of the answer has the kind's own fields; which they are only the kind knows. */
function told(found: FoundRule): RuleData {
  return viewOf(found) as RuleData;
}

function answered(found: FoundRule) {
  return { data: told(found), version: found.head.version };
}

function newRule({ parts, kind }: RuleContext): AdminRoute {
  return adminRoute({
    ...{ id: `create${kind.one}`, method: 'POST', path: kind.path, tag: kind.tag, gate: 'manage', status: 201 },
    say: 'A new one. It holds when the answer is there.',
    body: createRule(kind),
    data: ruleData(kind),
    errors: ['conflict'],
    example: kind.examples.create,
    answer: async ({ actor, body }) => {
      const rule = ruleWith(BLANK, body);
      refuseFaults(kind.check(parts, actor, rule.stated).faults);
      return answered(await saveNew({ parts, kind }, actor, rule));
    },
  });
}

const FAULTS = z.array(z.object({ field: z.string(), say: z.string() }));

function checkedRule({ parts, kind }: RuleContext): AdminRoute {
  return adminRoute({
    ...{ id: `validate${kind.one}`, method: 'POST', path: `${kind.path}/validate`, tag: kind.tag, gate: 'manage' },
    say: 'All that is wrong with one, without saving it.',
    body: z.looseObject({}).describe('As it would be sent to create it.'),
    data: z.object({
      valid: z.boolean(),
      faults: FAULTS.describe('It is not taken with these.'),
      warnings: FAULTS.describe('It is taken with these, and may mean something else than was meant.'),
    }),
    example: kind.examples.create,
    answer: ({ actor, body }) => {
      const shape = checkParts([{ name: 'body', schema: createRule(kind), value: body }], 'en').faults;
      const { faults, warnings } = kind.check(parts, actor, body);
      const all = [...shape, ...faults].map(({ field, say }) => ({ field, say }));
      return { data: { valid: all.length === 0, faults: all, warnings: [...warnings] } };
    },
  });
}

function oneRule({ parts, kind }: RuleContext): AdminRoute {
  return adminRoute({
    ...{ id: `get${kind.one}`, method: 'GET', path: `${kind.path}/{id}`, tag: kind.tag, gate: 'manage' },
    say: 'One of them.',
    params: BY_ID,
    data: ruleData(kind),
    example: { params: { id: kind.examples.id } },
    answer: async ({ actor, params }) => answered(await ruleById({ parts, kind }, actor, params.id)),
  });
}

function changedRule({ parts, kind }: RuleContext): AdminRoute {
  return adminRoute({
    ...{
      id: `update${kind.one}`,
      method: 'PATCH',
      path: `${kind.path}/{id}`,
      tag: kind.tag,
      gate: 'manage',
      ifMatch: true,
    },
    say: 'Changes the fields that are given; null clears one that may be left out.',
    params: BY_ID,
    body: patchRule(kind),
    data: ruleData(kind),
    errors: ['conflict', 'read_only'],
    example: { params: { id: kind.examples.id }, ...kind.examples.patch },
    answer: async ({ actor, params, body, ifMatch }) => {
      const before = await changeable({ parts, kind }, actor, params.id);
      const rule = ruleWith(before.rule, body);
      // A rule that names what is gone may still be renamed or turned off; what it states is judged when that is changed.
      if (Object.keys(body).some((field) => field in kind.stated))
        refuseFaults(kind.check(parts, actor, rule.stated).faults);
      return answered(await save({ parts, kind }, actor, before, { rule, ifMatch, action: 'update' }));
    },
  });
}

function switched({ parts, kind }: RuleContext, action: 'enable' | 'disable'): AdminRoute {
  const path = `${kind.path}/{id}/${action}`;
  return adminRoute({
    ...{ id: `${action}${kind.one}`, method: 'POST', path, tag: kind.tag, gate: 'manage', ifMatch: true },
    say: action === 'enable' ? 'From now on it holds.' : 'It is kept, and means nothing from now on.',
    params: BY_ID,
    data: ruleData(kind),
    errors: ['read_only'],
    example: { params: { id: kind.examples.id } },
    answer: async ({ actor, params, ifMatch }) => {
      const before = await changeable({ parts, kind }, actor, params.id);
      const rule = { ...before.rule, enabled: action === 'enable' };
      return answered(await save({ parts, kind }, actor, before, { rule, ifMatch, action }));
    },
  });
}

function deletedRule({ parts, kind }: RuleContext): AdminRoute {
  return adminRoute({
    ...{
      id: `delete${kind.one}`,
      method: 'DELETE',
      path: `${kind.path}/{id}`,
      tag: kind.tag,
      gate: 'manage',
      ifMatch: true,
    },
    say: 'Deletes it.',
    params: BY_ID,
    data: z.object({}),
    errors: ['read_only'],
    example: { params: { id: kind.examples.id } },
    answer: async ({ actor, params, ifMatch }) => {
      const before = await changeable({ parts, kind }, actor, params.id);
      await take({ parts, kind }, actor, before, ifMatch);
      return { data: {} };
    },
  });
}

/** All at once. */
export function refuseFaults(faults: readonly { readonly field: string; readonly say: string }[]): void {
  if (faults.length > 0) throw new AdminError('parameter_wrong', { faults });
}
