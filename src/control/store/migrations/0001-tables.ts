/*
 * The first tables, and the organisation `default`.
 *
 * Rows hold each other by foreign keys without cascade: who deletes a user says what happens to the user's keys, and a key
 * that was forgotten is a refusal, not a key without a user. The audit, the events and the changes outlive what they are
 * about and hold nothing. Indexes are those of the lists, and of what is looked up by something else than its id.
 */
import type { Migration, Words } from './migration.ts';

function managed(words: Words, name: string, columns: readonly string[]): string {
  const { int, text, options } = words;
  const holds = name === 'organisations' ? '' : ' references organisations (name)';
  const own = [
    `id ${text} primary key`,
    `organisation ${text} not null${holds}`,
    `version ${int} not null`,
    `created_at_ms ${int} not null`,
    `updated_at_ms ${int} not null`,
  ];
  return table(name, [...own, ...columns], options);
}

function table(name: string, columns: readonly string[], options: string): string {
  return `create table ${name} (\n  ${columns.join(',\n  ')}\n)${options}`;
}

function index(name: string, columns: string): string {
  return `create index ${name}_by_${columns.replace(/\W+/g, '_')} on ${name} (${columns})`;
}

/** The orders in which a long list is shown. */
function listed(name: string): string[] {
  return [index(name, 'organisation, created_at_ms, id'), index(name, 'organisation, updated_at_ms, id')];
}

const people = (words: Words, { int, text } = words): string[] => [
  managed(words, 'organisations', [
    `name ${text} not null unique`,
    `title ${text} not null`,
    'check (name = organisation)',
  ]),
  managed(words, 'users', [
    `username ${text} not null unique`,
    `display_name ${text} not null`,
    `email ${text} not null`,
    `password_hash ${text} not null`,
    `must_change_password ${int} not null`,
    `disabled ${int} not null`,
    `sessions_not_before_ms ${int} not null`,
  ]),
  // Members come from other organisations too, so lists of users go through all of them.
  index('users', 'created_at_ms, id'),
  index('users', 'updated_at_ms, id'),
  index('users', 'organisation'),
  managed(words, 'memberships', [
    `user_id ${text} not null references users (id)`,
    `roles_json ${text} not null`,
    'unique (user_id, organisation)',
  ]),
  index('memberships', 'organisation, user_id'),
  managed(words, 'roles', [
    `name ${text} not null`,
    `title ${text} not null`,
    `permissions_json ${text} not null`,
    'unique (organisation, name)',
  ]),
  ...keys(words),
  managed(words, 'sessions', [
    `user_id ${text} not null references users (id)`,
    `refresh_sha256 ${text} not null unique`,
    `used_sha256 ${text} not null`,
    `expires_at_ms ${int} not null`,
    `revoked_at_ms ${int}`,
  ]),
  index('sessions', 'user_id'),
  index('sessions', 'used_sha256'),
  index('sessions', 'expires_at_ms'),
];

const keys = (words: Words, { int, text } = words): string[] => [
  managed(words, 'api_keys', [
    `key_id ${text} not null unique`,
    `name ${text} not null`,
    `sha256 ${text} not null unique`,
    `user_id ${text} not null references users (id)`,
    `roles_json ${text}`,
    `reach_json ${text}`,
    `api_json ${text} not null`,
    `expires_at_ms ${int}`,
    `last_used_at_ms ${int}`,
    `disabled ${int} not null`,
  ]),
  index('api_keys', 'organisation, name, id'),
  index('api_keys', 'organisation, user_id, name, id'),
  index('api_keys', 'user_id'),
  ...listed('api_keys'),
];

const objects = (words: Words, { int, text } = words): string[] => [
  managed(words, 'servers', [
    `name ${text} not null`,
    `title ${text} not null`,
    `description ${text} not null`,
    `definition_json ${text} not null`,
    `url ${text} not null`,
    `owner ${text}`,
    `visibility ${text} not null`,
    `tags_json ${text} not null`,
    `weight ${int} not null`,
    'unique (organisation, name)',
  ]),
  index('servers', 'owner'),
  ...listed('servers'),
  managed(words, 'server_replicas', [
    `server_id ${text} not null references servers (id)`,
    `url ${text} not null`,
    `weight ${int} not null`,
  ]),
  index('server_replicas', 'server_id, id'),
  managed(words, 'endpoints', [
    `name ${text} not null unique`,
    `title ${text} not null`,
    `kind ${text} not null`,
    `definition_json ${text} not null`,
  ]),
  index('endpoints', 'organisation, name, id'),
  managed(words, 'forward_tokens', [
    `server_id ${text} not null references servers (id)`,
    `user_id ${text} not null references users (id)`,
    `description ${text} not null`,
    `sha256 ${text} not null unique`,
    `prefix ${text} not null`,
    `expires_at_ms ${int}`,
    `last_used_at_ms ${int}`,
  ]),
  index('forward_tokens', 'server_id, created_at_ms, id'),
  index('forward_tokens', 'user_id, created_at_ms, id'),
];

const rule = ({ int, text }: Words): string[] => [
  `name ${text} not null`,
  `description ${text} not null`,
  `priority ${int} not null`,
  `enabled ${int} not null`,
  `definition_json ${text} not null`,
  'unique (organisation, name)',
];

const rules = (words: Words, { text } = words): string[] => [
  managed(words, 'policies', rule(words)),
  managed(words, 'limit_rules', rule(words)),
  managed(words, 'claim_mappings', [
    `issuer ${text} not null`,
    `claim ${text} not null`,
    `value ${text} not null`,
    `mapped_json ${text} not null`,
    'unique (organisation, issuer, claim, value)',
  ]),
  managed(words, 'secrets', [
    `kind ${text} not null`,
    `owner_id ${text} not null`,
    `name ${text} not null`,
    `key_id ${text} not null`,
    `sealed ${text} not null`,
    'unique (owner_id, kind, name)',
  ]),
  managed(words, 'overlay', [
    `kind ${text} not null`,
    `target ${text} not null`,
    `state ${text} not null`,
    `reason ${text} not null`,
    'unique (organisation, kind, target)',
  ]),
];

const records = ({ int, text, serial, options }: Words): string[] => [
  table(
    'admin_audit',
    [
      `seq ${serial}`,
      `id ${text} not null unique`,
      `organisation ${text} not null`,
      `at_ms ${int} not null`,
      ...['request_id', 'address', 'actor', 'action', 'outcome', 'kind', 'target_id', 'target_name'].map(
        (name) => `${name} ${text} not null`,
      ),
      `before_json ${text}`,
      `after_json ${text}`,
      `reason ${text} not null`,
    ],
    options,
  ),
  index('admin_audit', 'organisation, seq'),
  ...['actor', 'action', 'target_id'].map((column) => index('admin_audit', `organisation, ${column}, seq`)),
  table(
    'state_events',
    [
      `seq ${serial}`,
      `organisation ${text} not null`,
      `at_ms ${int} not null`,
      ...['node', 'server', 'state', 'reason'].map((name) => `${name} ${text} not null`),
    ],
    options,
  ),
  index('state_events', 'organisation, seq'),
  index('state_events', 'organisation, server, seq'),
  table(
    'changes',
    [
      `seq ${serial}`,
      `organisation ${text} not null`,
      `kind ${text} not null`,
      `target_id ${text} not null`,
      `at_ms ${int} not null`,
    ],
    options,
  ),
];

export const TABLES: Migration = {
  name: '0001-tables',
  statements: (words, nowMs) => [
    ...people(words),
    ...objects(words),
    ...rules(words),
    ...records(words),
    `insert into organisations (id, organisation, version, created_at_ms, updated_at_ms, name, title)
     values ('org_default', 'default', 1, ${nowMs}, ${nowMs}, 'default', 'Default')`,
  ],
};
