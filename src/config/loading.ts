/*
 * One run over one file: collects the faults of all stages, then either refuses or resolves.
 */
import { dirname, resolve } from 'node:path';
import type { ConditionFault } from './access-rules.ts';
import { adviceOn } from './advice.ts';
import type { Config } from './config.ts';
import type { Translated } from './dialects/dialect.ts';
import { dialectOf } from './dialects/recognise.ts';
import type { Environment } from './expand.ts';
import type { Reports } from './known-names.ts';
import { DEFAULT_HOST, listenFault, openServerFaults } from './listen-rules.ts';
import type { Loaded, LoadOptions, Overrides, SetAside } from './load.ts';
import { isThisGateway } from './own-entry.ts';
import { type Fault, fieldText, maskSecrets, type Path, type Place, type Problem, placed } from './problem.ts';
import { mapOf } from './raw.ts';
import { resolveConfig } from './resolve.ts';
import { checkRules } from './rules.ts';
import { nativeFile } from './schema.ts';
import { type SchemaWalk, schemaWalk } from './schema-walk.ts';
import { faultsOf, schemaWords } from './schema-words.ts';
import { type SecretReader, secretReader } from './secret-files.ts';
import { secretsIn } from './secrets.ts';
import { type MapNode, nodeAt, placeOf } from './tree.ts';
import { plainValue } from './values.ts';

/** The fault is not in the file but in a flag or in the environment. */
const NOWHERE: Place = { line: 0, column: 0 };

/** Only a file that says who there is says whose a server is. */
const OF_OUR_USERS: ReadonlySet<string> = new Set(['auth', 'organisation', 'owner', 'visibility']);

type Values = Readonly<Record<string, unknown>>;
const NO_FILE: MapNode = { kind: 'map', line: 1, column: 1, entries: new Map() };

export class Loading {
  readonly #file: string;
  readonly #schema: SchemaWalk = schemaWalk();
  readonly #files: SecretReader;
  readonly #warnings: Fault[] = [];
  readonly #aside = new Map<string, Fault[]>();
  readonly #reports: Reports = {
    report: (fault) => this.fault(fault),
    warn: (fault) => this.#warnings.push(fault),
  };
  #faults: Fault[] = [];
  readonly #setsAside: boolean;
  readonly #listensOn: string | undefined;
  readonly #conditionFault: ConditionFault | undefined;
  #native: Translated = { root: NO_FILE, original: (path) => path };

  constructor(file: string, options: LoadOptions) {
    this.#file = file;
    this.#files = secretReader(dirname(resolve(file)));
    this.#setsAside = options.faultyServers === 'setAside';
    this.#listensOn = options.listensOn;
    this.#conditionFault = options.conditionFault;
  }

  /** One field, one message: what follows from a fault is not said again. */
  fault(fault: Fault): void {
    if (!this.#alreadySaid(fault.path)) this.#faults.push(fault);
  }

  /** What the parser found. In a file of another client it may be anywhere, and is no reason to pass over the rest. */
  syntax(faults: readonly Fault[]): void {
    for (const fault of faults) {
      if (this.#setsAside) this.#warnings.push(fault);
      else this.fault(fault);
    }
  }

  run(root: MapNode, env: Environment, overrides: Overrides): Loaded {
    this.#native = this.#translated(root, env);
    const foreign = this.#native.root !== root;
    const value = this.#values(env, foreign);
    checkRules(value, this.#reports, this.#conditionFault);
    this.#checkSchema(value);
    const host = this.#hostOf(value, overrides);
    this.#checkOpenServers(host, value);
    const secrets = [...secretsIn(value), ...this.#files.secrets];
    const used = this.#withoutFaulty(this.#withoutBrokenDisabled(value));
    // What was left out asks nobody for a token.
    this.#checkListen(host, used, overrides);
    const reads = [...this.#files.paths];
    if (this.#faults.length > 0) {
      const problems = this.#problems(this.#faults, secrets);
      return { ok: false, problems, warnings: this.#problems(this.#warnings, secrets), reads };
    }
    const listen = { host: overrides.host?.value, port: overrides.port?.value };
    const config = this.#withoutSelf(resolveConfig(nativeFile.parse(used), resolve(this.#file), listen), foreign);
    for (const advice of adviceOn(config)) this.#warnings.push(advice);
    const setAside = [...this.#aside].map(([name, faults]) =>
      this.#asideWith(name, value, this.#problems(faults, secrets)),
    );
    return { ok: true, config, warnings: this.#problems(this.#warnings, secrets), setAside, reads };
  }

  /** A file of another client names no files of ours. */
  #values(env: Environment, foreign: boolean): Values {
    const unused = (path: Path) => this.#isDisabled(path);
    const files = foreign ? undefined : this.#files.read;
    const { report } = this.#reports;
    return mapOf(plainValue(this.#native.root, [], { env, files, schema: this.#schema, report, unused, foreign }));
  }

  #translated(root: MapNode, env: Environment): Translated {
    const dialect = dialectOf(root, this.#file);
    if (dialect === undefined) return { root, original: (path) => path };
    return dialect.translate(root, {
      path: this.#file,
      env,
      known: this.#schema.fields(['servers', 'any']).filter((field) => !OF_OUR_USERS.has(field)),
      warn: (fault) => this.#warnings.push(fault),
      fault: (fault) => this.fault(fault),
    });
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

  /** The same for any faulty server, when asked for; they are kept, so that a person is told what each lacks. */
  #withoutFaulty(value: Values): Values {
    if (!this.#setsAside) return value;
    const servers = { ...mapOf(value.servers) };
    for (const fault of this.#faults) {
      const [section, name] = fault.path;
      if (section !== 'servers' || name === undefined) continue;
      delete servers[name];
      this.#aside.set(String(name), [...(this.#aside.get(String(name)) ?? []), fault]);
    }
    this.#faults = this.#faults.filter(({ path: [section, name] }) => section !== 'servers' || name === undefined);
    return this.#aside.size === 0 ? value : { ...value, servers };
  }

  /** Served, it would list its own lists, longer with every turn. Who sets aside asks for itself (discover.ts). */
  #withoutSelf(config: Config, foreign: boolean): Config {
    if (this.#setsAside) return config;
    const own = config.servers.filter((server) => isThisGateway(server, config.listen.port, foreign));
    for (const { name } of own)
      this.#warnings.push({ path: ['servers', name], say: 'This leads back to this gateway; it is not served.' });
    const servers = config.servers.map((server) => (own.includes(server) ? { ...server, enabled: false } : server));
    return own.length === 0 ? config : { ...config, servers };
  }

  #asideWith(name: string, value: Values, problems: readonly Problem[]): SetAside {
    const { title } = mapOf(mapOf(value.servers)[name]);
    return { name, title: typeof title === 'string' ? title : undefined, problems };
  }

  #isDisabled([section, name]: Path): boolean {
    if (section !== 'servers' || name === undefined) return false;
    const enabled = nodeAt(this.#native.root, ['servers', name, 'enabled']);
    return enabled?.kind === 'scalar' && enabled.value === false;
  }

  #alreadySaid(path: Path): boolean {
    return this.#faults.some((fault) => fieldText(fault.path) === fieldText(path));
  }

  #hostOf(value: Values, overrides: Overrides): string {
    const written = mapOf(value.listen).host;
    return overrides.host?.value ?? (typeof written === 'string' ? written : DEFAULT_HOST);
  }

  #checkOpenServers(host: string, value: Values): void {
    for (const at of new Set([host, this.#listensOn ?? host])) {
      for (const fault of openServerFaults(at, value)) this.fault(fault);
    }
  }

  #checkListen(host: string, value: Values, overrides: Overrides): void {
    this.#checkListener(host, value, overrides);
    if (this.#listensOn !== undefined && this.#listensOn !== host) this.#checkListener(this.#listensOn, value, {});
  }

  #checkListener(host: string, value: Values, overrides: Overrides): void {
    const fault = listenFault(host, value);
    if (fault === undefined) return;
    if (overrides.host === undefined) this.fault({ path: ['listen', 'host'], ...fault });
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
