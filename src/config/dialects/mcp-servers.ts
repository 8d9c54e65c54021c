/*
 * The `mcpServers` file that Claude, Cursor and many other clients keep, read as it is.
 *
 * Names there are free text: they become slugs, and the original stays as `title`. Clients differ in what they expand,
 * in what a `timeout` counts and in which transport a bare `url` means; the name of the file says whose it is, and what
 * nobody wrote for a certain client is read loosely.
 */
import { basename, dirname } from 'node:path';
import type { Path } from '../problem.ts';
import { type MapNode, nodeAt } from '../tree.ts';
import type { Dialect, Reading } from './dialect.ts';
import { type Field, type ServerDraft, written } from './draft.ts';
import { type EntryRules, namedEntries, nativeFile } from './entries.ts';
import {
  allowedTools,
  blockedTools,
  callTimeout,
  cannot,
  envFile,
  inverted,
  nullableEnv,
  renamed,
  signIn,
  turnOff,
} from './field-rules.ts';
import { dollarReferences, literal, looseReferences, namedReferences } from './references.ts';

export const mcpServers: Dialect = {
  title: 'mcpServers',
  fits: (root, path) => !root.entries.has('servers') && (root.entries.has('mcpServers') || ownerOf(path) !== undefined),
  translate: (root, reading) => {
    warnOfOthers(root, reading);
    const section = root.entries.get('mcpServers');
    return nativeFile(root, section, SECTION, namedEntries(section, SECTION), rulesFor(root, reading.path), reading);
  },
};

const SECTION: Path = ['mcpServers'];

/** `tools: ["*"]` is how some clients say "all"; a map is our own field. */
const listOfTools: Field = (draft, entry) => {
  if (entry.node.kind === 'list') draft.put('tools', 'allow', entry, ['tools']);
  else draft.set('tools', entry);
};

const transportType: Field = (draft, entry, key) => {
  if (!draft.has('type')) draft.set('type', entry, [key]);
};

/** For the client alone: approval, looks, where an entry came from. */
const CLIENTS_OWN = Object.fromEntries(
  'autoApprove alwaysAllow trust gallery version dev note notes icon iconUrl alwaysLoad sandboxEnabled'
    .split(' ')
    .map((name) => [name, 'drop' as const]),
);

const FIELDS: Readonly<Record<string, Field>> = {
  ...CLIENTS_OWN,
  env: nullableEnv,
  serverUrl: renamed('url'),
  httpUrl: (draft, entry, key) => draft.set('url', entry, [key]),
  url: (draft, entry) => {
    // Gemini CLI prefers `httpUrl` when both are there.
    if (!draft.has('httpUrl')) draft.set('url', entry);
  },
  disabled: inverted,
  tools: listOfTools,
  includeTools: allowedTools,
  excludeTools: blockedTools,
  disabledTools: blockedTools,
  transportType,
  envFile,
  headersHelper: cannot('Programs that make headers are not run.', 'Write the headers under "headers".'),
  oauth: signIn,
  auth: signIn,
  authProviderType: signIn,
  timeout: (draft, _entry, key) =>
    draft.warn(key, 'Ignored: clients count it in different units.', 'Write "callTimeoutMs".'),
};

const LOOSE: EntryRules = { fields: FIELDS, rewrite: looseReferences, nativeFields: true };

const sseByDefault = (draft: ServerDraft): void => {
  const url = draft.fields.get('url');
  if (url === undefined || draft.fields.has('type') || draft.fields.has('transport')) return;
  draft.set('type', written(url, 'sse'), []);
};

function rulesFor(root: MapNode, path: string): EntryRules {
  const whose = ownerOf(path);
  if (whose === 'claude-desktop') return { ...LOOSE, rewrite: literal };
  if (whose === 'claude-code') return { ...LOOSE, fields: { ...FIELDS, timeout: callTimeout(1) } };
  if (whose === 'cursor' || whose === 'windsurf') return { ...LOOSE, rewrite: namedReferences };
  if (whose === 'cline') {
    const fields = { ...FIELDS, timeout: callTimeout(1000) };
    return { ...LOOSE, fields, rewrite: namedReferences, finish: sseByDefault };
  }
  return whose === 'gemini' ? geminiRules(root) : LOOSE;
}

/** https://geminicli.com/docs/tools/mcp-server: a bare `url` is HTTP+SSE, and two lists turn servers off. */
function geminiRules(root: MapNode): EntryRules {
  const lists = { allowed: nodeAt(root, ['mcp', 'allowed']), excluded: nodeAt(root, ['mcp', 'excluded']) };
  return {
    ...LOOSE,
    fields: { ...FIELDS, timeout: callTimeout(1) },
    rewrite: dollarReferences,
    finish: (draft) => {
      if (!draft.has('httpUrl')) sseByDefault(draft);
      turnOff(draft, lists);
    },
  };
}

type Owner = 'claude-desktop' | 'claude-code' | 'cursor' | 'windsurf' | 'cline' | 'gemini';

/** Whose file it is, by the names that these clients give theirs. */
function ownerOf(path: string): Owner | undefined {
  const name = basename(path);
  const folder = basename(dirname(path));
  if (name === 'claude_desktop_config.json') return 'claude-desktop';
  if (name === '.claude.json' || name === '.mcp.json') return 'claude-code';
  if (name === 'cline_mcp_settings.json') return 'cline';
  if (name === 'mcp_config.json') return 'windsurf';
  if (name === 'mcp.json' && folder === '.cursor') return 'cursor';
  return name === 'settings.json' && folder === '.gemini' ? 'gemini' : undefined;
}

/** Files of clients that hold their other settings too: there a key of theirs is no mistake. */
function holdsMore(path: string): boolean {
  return ['claude-desktop', 'claude-code', 'gemini'].includes(ownerOf(path) ?? '') && basename(path) !== '.mcp.json';
}

function warnOfOthers(root: MapNode, reading: Reading): void {
  warnOfProjects(root, reading);
  if (holdsMore(reading.path)) return;
  for (const [key, place] of root.entries) {
    if (key === 'mcpServers' || key === '$schema') continue;
    reading.warn({ path: [key], place, say: 'Ignored: from this kind of file only "mcpServers" is read.' });
  }
}

/** Claude Code keeps servers of single folders here too; they were added for work in that folder alone. */
function warnOfProjects(root: MapNode, { warn }: Reading): void {
  const projects = root.entries.get('projects');
  if (projects?.node.kind !== 'map') return;
  const counts = [...projects.node.entries.values()].map(({ node }) => {
    const servers = nodeAt(node, ['mcpServers']);
    return servers?.kind === 'map' ? servers.entries.size : 0;
  });
  const servers = counts.reduce((sum, count) => sum + count, 0);
  const folders = counts.filter((count) => count > 0).length;
  if (servers === 0) return;
  warn({
    path: ['projects'],
    place: projects,
    say: `Not taken: ${servers} server${servers === 1 ? '' : 's'} of ${folders} single folder${folders === 1 ? '' : 's'}.`,
    suggestion: 'Add those you want here with "claude mcp add --scope user".',
  });
}
