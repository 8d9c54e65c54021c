/*
 * Zed's `settings.json`: `context_servers`, whose `command` is text, or in older files a map with path, args and env.
 *
 * Servers that an extension of Zed brings have no command in the file; they are passed over and said.
 */
import type { Path } from '../problem.ts';
import type { Entry } from '../tree.ts';
import type { Dialect } from './dialect.ts';
import type { Field, ServerDraft } from './draft.ts';
import { type EntryRules, namedEntries, nativeFile } from './entries.ts';
import { callTimeout, nullableEnv, signIn } from './field-rules.ts';
import { literal } from './references.ts';

const SECTION: Path = ['context_servers'];

const command: Field = (draft, entry) => {
  if (entry.node.kind !== 'map') return draft.set('command', entry);
  for (const [key, inside] of entry.node.entries) {
    if (key === 'path') draft.set('command', inside, ['command', key]);
    else if (key === 'args') draft.set('args', inside, ['command', key]);
    else if (key === 'env' && !isNothing(inside)) draft.set('env', inside, ['command', key]);
    else if (key === 'timeout') callTimeoutOf(draft, inside, key);
  }
};

const callTimeoutOf = callTimeout(1000) as (draft: ServerDraft, entry: Entry, key: string) => void;

const RULES: EntryRules = {
  fields: {
    command,
    args: 'keep',
    env: (draft, entry, key) => {
      if (!isNothing(entry)) (nullableEnv as typeof callTimeoutOf)(draft, entry, key);
    },
    url: 'keep',
    headers: 'keep',
    enabled: 'keep',
    timeout: callTimeout(1000),
    oauth: signIn,
    source: 'drop',
    remote: 'drop',
    settings: 'drop',
  },
  rewrite: literal,
  nativeFields: false,
  finish: (draft) => {
    if (draft.has('command') || draft.has('url')) return;
    draft.skipped = true;
    const { line, column } = draft.foreign;
    const path = ['servers', draft.slug];
    draft.reading.warn({ path, place: { line, column }, say: 'Not taken: an extension of Zed brings this server.' });
  },
};

export const zed: Dialect = {
  title: 'Zed',
  fits: (root, path) => root.entries.has('context_servers') || /[\\/]zed[\\/]settings\.json$/i.test(path),
  translate: (root, reading) => {
    const section = root.entries.get('context_servers');
    return nativeFile(root, section, SECTION, namedEntries(section, SECTION), RULES, reading);
  },
};

function isNothing({ node }: Entry): boolean {
  return node.kind === 'scalar' && node.value === null;
}
