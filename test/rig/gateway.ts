/*
 * The real gateway as a process: started with a configuration, listening on a free port, stopped without a trace.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseObject } from './json-rpc.ts';
import type { JsonObject } from './scripted-script.ts';

const BINARY = fileURLToPath(new URL('../../bin/gatewright', import.meta.url));

export interface GatewayOptions {
  readonly args?: readonly string[];
  /** To come back where one was before. Default: any that is free. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Another program to run, for example the one of an installed package. */
  readonly binary?: string;
  /** With the admin API, unless the configuration says otherwise. Its start costs as much as all the rest, so others have none. */
  readonly managed?: boolean;
}

export interface RunningGateway {
  /** Where it listens, without a path: `http://127.0.0.1:12345`. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** The configuration file. */
  readonly file: string;
  /** Everything it has said on stdout, line by line. */
  readonly said: readonly JsonObject[];
  /** Everything on stderr. */
  stderr(): string;
  /** The first line on stdout that fits, now or later. Rejects when the gateway ends first. */
  until(fits: (line: JsonObject) => boolean): Promise<JsonObject>;
  /** Another configuration takes the place of the file, whole. */
  rewrite(config: JsonObject): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, unless another signal is asked for; resolves with the exit code (null: ended by a signal). */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Rejects with what the gateway said when it ends before it listens. */
export async function startGateway(config: JsonObject, options: GatewayOptions = {}): Promise<RunningGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-test-'));
  const file = join(folder, 'gatewright.json');
  const asked = (wanted: JsonObject) => JSON.stringify(options.managed ? wanted : withoutAdmin(wanted));
  await writeFile(file, asked(config));
  const port = String(options.port ?? 0);
  const args = [options.binary ?? BINARY, 'serve', '--config', file, '--port', port, '--json', ...(options.args ?? [])];
  const env = { ...process.env, GATEWRIGHT_DATA_DIR: join(folder, 'data'), ...options.env };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const gateway = new GatewayProcess(child, { file, asked }, () => rm(folder, { recursive: true, force: true }));
  await gateway.listening();
  return gateway;
}

function withoutAdmin(config: JsonObject): JsonObject {
  return 'servers' in config ? { admin: { enabled: false }, ...config } : config;
}

interface ConfigFile {
  readonly file: string;
  /** What is written for a configuration. */
  readonly asked: (config: JsonObject) => string;
}

class GatewayProcess implements RunningGateway {
  url = '';
  readonly file: string;
  readonly said: JsonObject[] = [];
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #asked: ConfigFile['asked'];
  readonly #watchers = new Set<() => void>();
  readonly #exited: Promise<number | null>;
  #errors = '';
  #ended = false;

  constructor(
    child: ChildProcessByStdio<null, Readable, Readable>,
    { file, asked }: ConfigFile,
    cleanUp: () => Promise<void>,
  ) {
    this.#child = child;
    this.#asked = asked;
    this.file = file;
    createInterface(child.stdout).on('line', (line) => {
      this.said.push(parseObject(line) ?? { text: line });
      this.#look();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString('utf8');
    });
    // A test that fails or times out must not leave its gateway behind.
    const onTestEnd = (): void => void child.kill('SIGKILL');
    process.once('exit', onTestEnd);
    this.#exited = once(child, 'close').then(async ([code]: (number | null)[]) => {
      process.removeListener('exit', onTestEnd);
      this.#ended = true;
      this.#look();
      await cleanUp();
      return code ?? null;
    });
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  stderr(): string {
    return this.#errors;
  }

  async listening(): Promise<void> {
    this.url = new URL(String((await this.until((line) => line.event === 'listening')).url)).origin;
  }

  until(fits: (line: JsonObject) => boolean): Promise<JsonObject> {
    return new Promise((resolve, reject) => {
      const watcher = (): void => {
        const found = this.said.find(fits);
        if (!found && !this.#ended) return;
        this.#watchers.delete(watcher);
        if (found) resolve(found);
        else reject(new Error(`the gateway ended: ${JSON.stringify(this.said)}\n${this.#errors}`));
      };
      this.#watchers.add(watcher);
      watcher();
    });
  }

  async rewrite(config: JsonObject): Promise<void> {
    const beside = `${this.file}.next`;
    await writeFile(beside, this.#asked(config));
    await rename(beside, this.file);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    return this.#exited;
  }

  #look(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
