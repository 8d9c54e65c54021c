/*
 * Loads a configuration file: bytes → tree → native tree → values → checked → resolved.
 *
 * All faults of all stages are collected and told at once, each with its place. A file with one fault is refused whole;
 * only what is wrong inside a disabled server is a warning, because that server is not used.
 */
import { resolve } from 'node:path';
import { adviceOn } from './advice.ts';
import type { Config } from './config.ts';
import { fromMcpServers, isMcpServersFile, type Translated } from './dialects/mcp-servers.ts';
import type { Environment } from './expand.ts';
import { type Fault, fieldText, maskSecrets, type Path, type Place, type Problem } from './problem.ts';
import { textOf } from './read.ts';
import { resolveConfig } from './resolve.ts';
import { checkRules, DEFAULT_HOST, listenFault, mapOf } from './rules.ts';
import { nativeFile } from './schema.ts';
import { type SchemaWalk, schemaWalk } from './schema-walk.ts';
import { faultsOf, schemaWords } from './schema-words.ts';
import { secretsIn } from './secrets.ts';
import { type MapNode, nodeAt, parseTree, placeOf } from './tree.ts';
import { plainValue } from './values.ts';

export type Loaded =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

/** Values from the command line or `GATEWRIGHT_*`, with the name to blame: `--host`, `GATEWRIGHT_HOST`. */
export interface Overrides {
  readonly host?: { readonly value: string; readonly from: string };
  readonly port?: { readonly value: number; readonly from: string };
}

/** Reads no environment but `env`. Never throws for anything that a file, or its absence, can do. */
export async function loadConfig(path: string, env: Environment, overrides: Overrides = {}): Promise<Loaded> {
  const read = await textOf(path);
  if ('say' in read) return refused([{ file: path, line: 0, column: 0, field: '', ...read }]);
  return parseConfig(read.text, path, env, overrides);
}

/** The pure part. `path` names the file in messages and is the root of relative folders. */
export function parseConfig(text: string, path: string, env: Environment, overrides: Overrides = {}): Loaded {
  const parsed = parseTree(text);
  if (!parsed.ok) return refused(parsed.faults.map((fault) => ({ ...placed(path, fault), field: '' })));
  if (parsed.root === undefined) return refused([{ file: path, line: 1, column: 1, field: '', ...EMPTY }]);
  if (parsed.root.kind !== 'map') return refused([{ ...placed(path, { ...parsed.root, ...NOT_A_MAP }), field: '' }]);
  const loading = new Loading(path, parsed.root);
  for (const fault of parsed.faults) loading.fault(fault);
  return loading.run(env, overrides);
}

const EMPTY = { say: 'The file is empty.', suggestion: 'Begin with "servers:".' };
const NOT_A_MAP = { say: 'The file must hold a map.', suggestion: 'Begin with "servers:".' };

function refused(problems: readonly Problem[]): Loaded {
  return { ok: false, problems, warnings: [] };
}

/** Without an undefined `suggestion`, so that problems compare and print cleanly. */
function placed(file: string, fault: Place & Omit<Fault, 'path'>): Omit<Problem, 'field'> {
  const { line, column, say, suggestion } = fault;
  return suggestion === undefined ? { file, line, column, say } : { file, line, column, say, suggestion };
}

/** The fault is not in the file but in a flag or in the environment. */
const NOWHERE: Place = { line: 0, column: 0 };

type Values = Readonly<Record<string, unknown>>;

/** One run over one file: collects faults, then either refuses or resolves. */
class Loading {
  readonly #file: string;
  readonly #schema: SchemaWalk = schemaWalk();
  readonly #warnings: Fault[] = [];
  #faults: Fault[] = [];
  readonly #native: Translated;

  constructor(file: string, root: MapNode) {
    this.#file = file;
    const known = this.#schema.fields(['servers', 'any']);
    this.#native = isMcpServersFile(root)
      ? fromMcpServers(root, known, (fault) => this.#warnings.push(fault))
      : { root, original: (path) => path };
  }

  /** One field, one message: what follows from a fault is not said again. */
  fault(fault: Fault): void {
    if (!this.#alreadySaid(fault.path)) this.#faults.push(fault);
  }

  run(env: Environment, overrides: Overrides): Loaded {
    const report = (fault: Fault) => this.fault(fault);
    const unused = (path: Path) => this.#isDisabled(path);
    const value = mapOf(plainValue(this.#native.root, [], { env, schema: this.#schema, report, unused }));
    checkRules(value, report);
    this.#checkSchema(value);
    this.#checkListen(value, overrides);
    const used = this.#withoutBrokenDisabled(value);
    const secrets = secretsIn(value);
    if (this.#faults.length > 0) {
      return {
        ok: false,
        problems: this.#problems(this.#faults, secrets),
        warnings: this.#problems(this.#warnings, secrets),
      };
    }
    const listen = { host: overrides.host?.value, port: overrides.port?.value };
    const config = resolveConfig(nativeFile.parse(used), resolve(this.#file), listen);
    for (const advice of adviceOn(config)) this.#warnings.push(advice);
    return { ok: true, config, warnings: this.#problems(this.#warnings, secrets) };
  }

  #checkSchema(value: Values): void {
    const checked = nativeFile.safeParse(value, { error: schemaWords });
    for (const issue of checked.error?.issues ?? []) {
      for (const fault of faultsOf(issue, value, this.#schema)) this.fault(fault);
    }
  }

  /** What is wrong inside a disabled server becomes a warning, and takes only that server away. */
  #withoutBrokenDisabled(value: Values): Values {
    const servers = { ...mapOf(value.servers) };
    const mild = this.#faults.filter(({ path }) => this.#isDisabled(path));
    this.#faults = this.#faults.filter(({ path }) => !this.#isDisabled(path));
    this.#warnings.push(...mild);
    for (const { path } of mild) delete servers[String(path[1])];
    return mild.length === 0 ? value : { ...value, servers };
  }

  #isDisabled([section, name]: Path): boolean {
    if (section !== 'servers' || name === undefined) return false;
    const enabled = nodeAt(this.#native.root, ['servers', name, 'enabled']);
    return enabled?.kind === 'scalar' && enabled.value === false;
  }

  #alreadySaid(path: Path): boolean {
    return this.#faults.some((fault) => fieldText(fault.path) === fieldText(path));
  }

  #checkListen(value: Values, overrides: Overrides): void {
    const tokens = mapOf(value.auth).tokens;
    const written = mapOf(value.listen).host;
    const host = overrides.host?.value ?? (typeof written === 'string' ? written : DEFAULT_HOST);
    const fault = listenFault(host, Array.isArray(tokens) ? tokens.length : 0);
    if (fault === undefined) return;
    if (overrides.host === undefined) this.#faults.push({ path: ['listen', 'host'], ...fault });
    else this.#faults.push({ path: [overrides.host.from], place: NOWHERE, ...fault });
  }

  #problems(faults: readonly Fault[], secrets: readonly string[]): Problem[] {
    return faults
      .map((fault) => {
        const place = fault.place ?? placeOf(this.#native.root, fault.path);
        const field = fieldText(this.#native.original(fault.path));
        return maskSecrets({ ...placed(this.#file, { ...fault, ...place }), field }, secrets);
      })
      .sort((a, b) => a.line - b.line || a.column - b.column);
  }
}
