/*
 * Codex' `config.toml`: a table per server under `mcp_servers`.
 *
 * Codex expands nothing in values; it names variables in fields of their own (`bearer_token_env_var`,
 * `env_http_headers`, `env_vars`). A header whose variable is not set is a fault, never an empty header.
 */
import type { Path } from '../problem.ts';
import type { Entry, Node } from '../tree.ts';
import type { Dialect } from './dialect.ts';
import { type Field, type ServerDraft, textOf, written } from './draft.ts';
import { type EntryRules, namedEntries, nativeFile } from './entries.ts';
import { allowedTools, blockedTools, callTimeout, cannot, connectTimeout, signIn } from './field-rules.ts';
import { isSet, literal, rewriteNode } from './references.ts';

const SECTION: Path = ['mcp_servers'];
const VARIABLE = /^[A-Za-z_]\w*$/;

/** As it stands: what follows with the same field adds references, and must not be made plain with it. */
function plainly(draft: ServerDraft, node: Node, field: string): Node {
  return rewriteNode(node, literal, draft, [field]);
}

const plainField: Field = (draft, entry, key) => draft.set(key, { ...entry, node: plainly(draft, entry.node, key) });

const plainMap =
  (field: string): Field =>
  (draft, entry, key) => {
    if (entry.node.kind !== 'map') return draft.set(field, entry, [key]);
    for (const [name, inside] of entry.node.entries)
      draft.put(field, name, { ...inside, node: plainly(draft, inside.node, field) }, [key, name]);
  };

const bearerVariable: Field = (draft, entry, key) => {
  const name = textOf(entry.node);
  if (name === undefined || !VARIABLE.test(name)) return draft.fault(key, 'This must name an environment variable.');
  draft.put('headers', 'Authorization', written(entry, `Bearer \${${name}}`), [key]);
};

const headerVariables: Field = (draft, entry, key) => {
  for (const [header, inside] of entry.node.kind === 'map' ? entry.node.entries : []) {
    const name = textOf(inside.node);
    if (name === undefined || !VARIABLE.test(name)) draft.fault(key, `"${header}" must name an environment variable.`);
    else draft.put('headers', header, written(inside, `\${${name}}`), [key, header]);
  }
};

/** Names of variables to pass on, or maps with `name`; those that are not set are not passed, as with Codex. */
const forwarded: Field = (draft, entry, key) => {
  for (const item of entry.node.kind === 'list' ? entry.node.items : []) {
    const name = textOf(item) ?? (item.kind === 'map' ? textOf(item.entries.get('name')?.node) : undefined);
    if (name === undefined || !VARIABLE.test(name)) draft.fault(key, 'This must list environment variables.');
    else if (isSet(name, draft.reading)) draft.put('env', name, written(item, `\${${name}}`), [key]);
  }
};

const CODEX_OWN =
  'name required supports_parallel_tool_calls default_tools_approval_mode tools experimental_environment'.split(' ');

const startupMs = connectTimeout(1) as (draft: ServerDraft, entry: Entry, key: string) => void;

const RULES: EntryRules = {
  fields: {
    ...Object.fromEntries(CODEX_OWN.map((name) => [name, 'drop' as const])),
    command: plainField,
    args: plainField,
    cwd: plainField,
    env: plainMap('env'),
    env_vars: forwarded,
    url: plainField,
    http_headers: plainMap('headers'),
    env_http_headers: headerVariables,
    bearer_token_env_var: bearerVariable,
    bearer_token: cannot('Codex takes no token here, nor do we.', 'Write "bearer_token_env_var".'),
    enabled: 'keep',
    enabled_tools: allowedTools,
    disabled_tools: blockedTools,
    startup_timeout_sec: connectTimeout(1000),
    startup_timeout_ms: (draft, entry, key) => {
      if (!draft.has('startup_timeout_sec')) startupMs(draft, entry, key);
    },
    tool_timeout_sec: callTimeout(1000),
    scopes: 'drop',
    oauth: signIn,
    oauth_resource: 'drop',
  },
  // Done field by field above.
  rewrite: (text) => text,
  nativeFields: false,
};

export const codex: Dialect = {
  title: 'Codex',
  fits: (root, path) => root.entries.has('mcp_servers') || /\.toml$/i.test(path),
  translate: (root, reading) => {
    const section = root.entries.get('mcp_servers');
    return nativeFile(root, section, SECTION, namedEntries(section, SECTION), RULES, reading);
  },
};
