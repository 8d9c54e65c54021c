/*
 * Who may do what, in the configuration file: organisations, users, roles, what scopes open, and policies. What its fields
 * mean together is checked in `access-rules.ts`.
 */
import { z } from 'zod';
import { line } from './fields.ts';
import { conditionHeader, nameKey, pattern, patterns, personName, plainName, scope } from './fields-auth.ts';

const what = () =>
  z.strictObject({
    servers: patterns().optional().describe('Names of servers, with patterns. Always needed.'),
    endpoints: patterns().optional().describe('Where the call comes in; `default` is /mcp. Default: anywhere.'),
    tools: patterns().optional().describe('Tools as their server calls them. Default: none.'),
    prompts: patterns().optional().describe('Prompts as their server calls them. Default: none.'),
    resources: patterns()
      .optional()
      .describe('URIs of resources and templates, as their server has them. Default: none.'),
  });

const ALL_OR_MAP = 'Expected a map, or "*" for everything.';
const whatOrAll = () => z.union([z.literal('*'), what()], { error: ALL_OR_MAP });

const who = () =>
  z.strictObject({
    principals: patterns()
      .optional()
      .describe('Ids as they stand in logs: `token:laptop`, `key:1a2b3c4d`, `issuer|subject`.'),
    users: patterns().optional().describe('Users of `access.users`, or of a claim.'),
    roles: patterns().optional().describe('Who has one of these roles.'),
    groups: patterns().optional().describe('Who is in one of these groups.'),
    scopes: patterns().optional().describe('Whose token has one of these scopes.'),
  });

const organisation = z
  .strictObject({ title: line(256).optional().describe('Name for people.') })
  .describe('One organisation.');

const user = z
  .strictObject({
    organisation: plainName().optional().describe('Default `default`.'),
    roles: z.array(personName()).max(1_000).optional().describe('Roles, of `access.roles` or built in.'),
    groups: z.array(personName()).max(1_000).optional().describe('Groups.'),
    identities: z
      .array(
        z.strictObject({
          issuer: line(2048).describe('One of `auth.issuers`, to the letter.'),
          subject: line(1024).describe('As it stands in `sub`.'),
        }),
      )
      .max(100)
      .optional()
      .describe('Under which names issuers know this user.'),
  })
  .describe('One user.');

export const permissions = z.array(whatOrAll()).max(10_000);

const role = z
  .strictObject({
    permissions: permissions.optional().describe('Each gives what it names by itself; `*` gives everything.'),
  })
  .describe('One role.');

export const policyEntry = z
  .strictObject({
    name: line(128).describe('Stands in logs where it decided. Unique in its organisation.'),
    organisation: plainName().optional().describe('Its members are meant, and what they can reach. Default `default`.'),
    priority: z.int().min(1).max(1_000).optional().describe('The highest that fits decides. Default 100.'),
    effect: z.enum(['allow', 'deny']).describe('Of two with the same priority `deny` holds.'),
    who: z
      .union([z.literal('*'), who()], { error: 'Expected a map, or "*" for everybody.' })
      .describe('Whom it is about: any list that fits is enough; `*` is everybody.'),
    exceptWho: who().optional().describe('Whom it is not about.'),
    what: whatOrAll().describe('What it is about; `*` is everything.'),
    exceptWhat: what().optional().describe('What it is not about.'),
    when: line()
      .optional()
      .describe('A condition in CEL over `principal`, `target`, `arguments` and `request`. Default: always.'),
  })
  .describe('One policy of an organisation.');

export const accessSection = z
  .strictObject({
    organisations: z
      .record(nameKey(), organisation)
      .optional()
      .describe('Organisations beside `default`, which is always there.'),
    users: z.record(personName(), user).optional().describe('Users: name → who that is.'),
    roles: z
      .record(personName(), role)
      .optional()
      .describe('Roles of your own, beside `system_admin`, `admin`, `user`, `viewer` and `service`.'),
    permissions: z
      .record(pattern(), z.array(scope()).max(1_000))
      .optional()
      .describe('`server:tool` → scopes that open it. Of the entries that fit, the most specific counts alone.'),
    scopeMode: z
      .enum(['any', 'all'])
      .optional()
      .describe('How many scopes of an entry are needed: one, or all. Default `any`.'),
    defaultScope: scope()
      .nullable()
      .optional()
      .describe('The scope that opens what no entry names; `null` opens nothing. Default `null`.'),
    policies: z.array(policyEntry).max(10_000).optional().describe('Allow or deny, by priority.'),
    conditionHeaders: z
      .array(conditionHeader())
      .max(100)
      .optional()
      .describe('Header fields of the request that conditions may read. Never those of credentials.'),
  })
  .describe('Who may do what. Without it, credentials with `grants: all` may do everything and others what is public.');

export type AccessSection = z.infer<typeof accessSection>;
export type ScopeEntry = z.infer<ReturnType<typeof what>>;
export type WhoEntry = z.infer<ReturnType<typeof who>>;
export type PolicyEntry = z.infer<typeof policyEntry>;
export type PermissionsEntry = z.infer<typeof permissions>;
export type UserEntry = z.infer<typeof user>;
