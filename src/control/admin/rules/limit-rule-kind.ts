/*
 * Limit rules as a kind of rule. The file has none. They are kept, checked and tried out here; what enforces them is told plainly
 * not to be there yet, so that nobody relies on it.
 */
import { checkCase } from '../../../config/access-rules.ts';
import type { Fault } from '../../../config/problem.ts';
import { policyOf } from '../../../config/resolve-access.ts';
import type { RuleCase } from '../../../model/rule-questions.ts';
import type { Actor } from '../../actor.ts';
import { limitRules } from '../../store/queries/rules.ts';
import type { AdminParts } from '../parts.ts';
import { ALGORITHM_DEFAULT, type LimitRuleEntry, limitRuleEntry, limitRuleShape } from './limit-rule-shape.ts';
import type { Rule, RuleFaults, RuleKind } from './rule-kind.ts';
import { reportsOn } from './rule-names.ts';

export const NOT_YET =
  '**Limit rules are kept, checked and tried out; this version does not enforce them yet: no call is refused by one.**';

const MORE = `${NOT_YET}

A limit rule says how many calls there may be within a time, counted apart for each user, organisation, endpoint, server, tool, API key or client address, or for all together. Every rule that means a call counts it, and a call needs room in all of them; of several without room the one of highest priority is told. A condition that cannot be judged counts.`;

export const LIMIT_RULES: RuleKind = {
  ...{ one: 'LimitRule', many: 'LimitRules', audited: 'limit_rule', table: 'limitRules' },
  ...{ path: '/api/v1/limit-rules', tag: 'limit rules', more: MORE, queries: limitRules, stated: limitRuleShape },
  examples: {
    id: '{limitRule}',
    create: {
      body: {
        ...{
          name: 'writes-per-user',
          description: 'A hundred writes a minute.',
          per: 'user',
          limit: 100,
          windowMs: 60_000,
        },
        what: { servers: ['*'], tools: ['write*'] },
      },
    },
    patch: { body: { limit: 50, algorithm: 'token_bucket', burst: 10 } },
  },
  ofFile: () => [],
  check: checkLimitRule,
};

/** Undefined for what another version wrote and this one cannot read. */
export function entryOf({ stated }: Rule): LimitRuleEntry | undefined {
  const read = limitRuleEntry.safeParse(stated);
  return read.success ? read.data : undefined;
}

export function caseOf(name: string, { who = '*', exceptWho, what = '*', exceptWhat, when }: LimitRuleEntry): RuleCase {
  return { ...policyOf({ ...{ name, effect: 'deny', who, what }, ...defined({ exceptWho, exceptWhat, when }) }) };
}

function defined<Fields extends object>(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}

function checkLimitRule(
  { publisher, conditionFault }: AdminParts,
  { organisation }: Actor,
  stated: Rule['stated'],
): RuleFaults {
  const snapshot = publisher.snapshot();
  const { known, report, faults, warnings } = reportsOn(snapshot, organisation);
  checkCase(stated, ['body'], known, report, (condition) => conditionFault(condition, snapshot.access.headers));
  checkBurst(stated, report);
  return { faults, warnings };
}

function checkBurst({ burst, algorithm = ALGORITHM_DEFAULT }: Rule['stated'], report: (fault: Fault) => void): void {
  if (burst === undefined || algorithm === 'token_bucket') return;
  const say = 'Only a token_bucket has a burst.';
  report({ path: ['body', 'burst'], say, suggestion: 'Remove it, or write "algorithm": "token_bucket".' });
}
