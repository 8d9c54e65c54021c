/*
 * Policies as a kind of rule: an entry of the file's `access.policies`, with the file's own schema and the file's own rules,
 * held against the names of its organisation.
 */
import { checkCase } from '../../../config/access-rules.ts';
import { policyOf } from '../../../config/resolve-access.ts';
import { storedPolicy } from '../../../config/schema-stored.ts';
import type { PolicyDefinition } from '../../../model/access.ts';
import type { Actor } from '../../actor.ts';
import { policies } from '../../store/queries/rules.ts';
import type { AdminParts } from '../parts.ts';
import { fileRuleId } from './file-id.ts';
import type { FoundRule, Rule, RuleFaults, RuleKind } from './rule-kind.ts';
import { reportsOn } from './rule-names.ts';

const MORE = `A policy allows or denies: *who* (users, roles, groups, scopes, ids of principals; \`*\` for everybody) may use *what* (servers, tools, prompts, resources; \`*\` for everything), and perhaps *when*, a condition in CEL over \`principal\`, \`target\`, \`arguments\` and \`request\`.

The policy of highest priority that fits decides; of two with the same priority \`deny\` holds. Servers are named as \`key\` of a server says: \`{organisation}--{name}\` outside \`default\`. A policy means the members of its organisation, and what they can reach.`;

const PATCHED = { body: { priority: 250, description: 'Nobody deletes, not even at night.' } };

export const POLICIES: RuleKind = {
  ...{ one: 'Policy', many: 'Policies', audited: 'policy', table: 'policies' },
  ...{ path: '/api/v1/policies', tag: 'policies', more: MORE, queries: policies, stated: storedPolicy.shape },
  examples: {
    id: '{policy}',
    create: {
      body: {
        ...{ name: 'no-deletes', description: 'Nobody deletes.', priority: 200, effect: 'deny', who: '*' },
        what: { servers: ['*'], tools: ['delete*'] },
      },
    },
    patch: PATCHED,
  },
  ofFile: filePolicies,
  check: checkPolicy,
};

/** As the data plane would decide by it. */
export function definitionOf({ name, priority, stated }: Rule, organisation: string): PolicyDefinition {
  return policyOf({ ...storedPolicy.parse(stated), name, priority, organisation });
}

function filePolicies({ file }: Pick<AdminParts, 'file'>, { organisation }: Actor): readonly FoundRule[] {
  const own = file().access.policies.filter((policy) => policy.organisation === organisation);
  return own.map((policy) => ({
    head: {
      ...{ id: fileRuleId('policy', policy.name), organisation, origin: 'file', version: 0 },
      ...{ createdAt: null, updatedAt: null },
    },
    rule: { name: policy.name, description: '', priority: policy.priority, enabled: true, stated: statedBy(policy) },
  }));
}

/** Without what the file did not say. */
function statedBy({ effect, who, exceptWho, what, exceptWhat, when }: PolicyDefinition): Rule['stated'] {
  return JSON.parse(JSON.stringify({ effect, who, exceptWho, what, exceptWhat, when })) as Rule['stated'];
}

function checkPolicy(
  { publisher, conditionFault }: AdminParts,
  { organisation }: Actor,
  stated: Rule['stated'],
): RuleFaults {
  const snapshot = publisher.snapshot();
  const { known, report, faults, warnings } = reportsOn(snapshot, organisation);
  checkCase(stated, ['body'], known, report, (condition) => conditionFault(condition, snapshot.access.headers));
  return { faults, warnings };
}
