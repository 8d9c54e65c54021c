/*
 * Loads a configuration file: bytes → tree → native tree → values → checked → resolved.
 *
 * All faults of all stages are collected and told at once, each with its place. A file with one fault is refused whole;
 * only what is wrong inside a disabled server is a warning, because that server is not used.
 */
import type { ConditionFault } from './access-rules.ts';
import type { Config } from './config.ts';
import type { Environment } from './expand.ts';
import { Loading } from './loading.ts';
import { parseFile } from './parse.ts';
import { type Problem, placed } from './problem.ts';
import { textOf } from './read.ts';

export type Loaded =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly warnings: readonly Problem[];
      /** Servers that are not in `config` for their faults; only when that was asked for. */
      readonly setAside: readonly SetAside[];
      readonly reads: Reads;
    }
  | {
      readonly ok: false;
      readonly problems: readonly Problem[];
      readonly warnings: readonly Problem[];
      readonly reads: Reads;
    };

/** Files that the file names for their content, absolute: it means something else when they change. */
type Reads = readonly string[];

export interface SetAside {
  readonly name: string;
  readonly title: string | undefined;
  readonly problems: readonly Problem[];
}

export interface LoadOptions {
  /** What a fault inside one server does: refuses the file, or takes that server out of it. Default: refuses. */
  readonly faultyServers?: 'refuse' | 'setAside';
  /** Where the gateway listens already, until it is started anew: what the file says must be safe there too. */
  readonly listensOn?: string;
  /** Says what is wrong with the condition of a policy. Without it, conditions are not looked at. */
  readonly conditionFault?: ConditionFault | undefined;
}

export interface FileOptions extends Omit<LoadOptions, 'conditionFault'> {
  /** Who can judge conditions. Fetched only for a file that has one, for it takes a while. */
  readonly conditions?: Conditions;
}
export type Conditions = () => Promise<ConditionFault>;

/** Values from the command line or `GATEWRIGHT_*`, with the name to blame: `--host`, `GATEWRIGHT_HOST`. */
export interface Overrides {
  readonly host?: { readonly value: string; readonly from: string };
  readonly port?: { readonly value: number; readonly from: string };
}

/** Reads no environment but `env`. Never throws for anything that a file, or its absence, can do. */
export async function loadConfig(
  path: string,
  env: Environment,
  overrides: Overrides = {},
  { conditions, ...options }: FileOptions = {},
): Promise<Loaded> {
  const read = await textOf(path);
  if ('say' in read) return refused([{ file: path, line: 0, column: 0, field: '', ...read }]);
  const conditionFault = /\bwhen\b/.test(read.text) ? await conditions?.() : undefined;
  return parseConfig(read.text, path, env, overrides, { ...options, conditionFault });
}

/** Without reading the file itself. `path` names the file in messages and is the root of relative folders. */
export function parseConfig(
  text: string,
  path: string,
  env: Environment,
  overrides: Overrides = {},
  options: LoadOptions = {},
): Loaded {
  const parsed = parseFile(text, path);
  if (!parsed.ok) return refused(parsed.faults.map((fault) => ({ ...placed(path, fault), field: '' })));
  if (parsed.root === undefined) return refused([{ file: path, line: 1, column: 1, field: '', ...EMPTY }]);
  if (parsed.root.kind !== 'map') return refused([{ ...placed(path, { ...parsed.root, ...NOT_A_MAP }), field: '' }]);
  const loading = new Loading(path, options);
  loading.syntax(parsed.faults);
  return loading.run(parsed.root, env, overrides);
}

const EMPTY = { say: 'The file is empty.', suggestion: 'Begin with "servers:".' };
const NOT_A_MAP = { say: 'The file must hold a map.', suggestion: 'Begin with "servers:".' };

function refused(problems: readonly Problem[]): Loaded {
  return { ok: false, problems, warnings: [], reads: [] };
}
