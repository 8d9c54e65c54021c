/*
 * A real Postgres for tests: a private cluster of the programs that Debian's package `postgresql` installs, in a temporary
 * folder, on a unix socket there, run by somebody who is not root; or the server that GATEWRIGHT_TEST_POSTGRES_URL names,
 * which is not stopped by anybody. Each test has a database of its own either way.
 *
 * Where there is none the test fails, and says what to install. The cluster ends with the process that started it, however
 * that ends: its shell waits for the pipe to close.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';

export interface TestPostgres {
  /** An empty database, or a copy of the one at this URL, which nobody may have open; gives its URL. */
  database(template?: string): Promise<string>;
  /** As a crash would. Only a private cluster can be stopped, held and started. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Holds every process of it, so that connections stay open and nothing answers. */
  hold(): void;
  goOn(): void;
  close(): Promise<void>;
}

const FOLDERS = '/usr/lib/postgresql';
const MISSING =
  'These tests need Postgres, and none was found. Install it (Debian: apt-get install postgresql), or have ' +
  'GATEWRIGHT_TEST_POSTGRES_URL name a server whose user may create databases: postgres://user:password@host/postgres';

/** Quick rather than durable: what is tested is our side. */
const SETTINGS = {
  listen_addresses: '',
  fsync: 'off',
  full_page_writes: 'off',
  shared_buffers: '16MB',
  max_connections: '60',
  deadlock_timeout: '200ms',
  log_min_messages: 'fatal',
};

const UNTIL_EMPTY_PIPE = '"$0" "$@" & server=$!; cat >/dev/null; kill -QUIT $server 2>/dev/null; wait $server';

export async function startPostgres(env: NodeJS.ProcessEnv = process.env): Promise<TestPostgres> {
  const url = env.GATEWRIGHT_TEST_POSTGRES_URL;
  if (url) return theirs(url);
  const bin = binFolder();
  if (!bin) throw new Error(MISSING);
  const cluster = new Cluster(bin);
  await cluster.start();
  return cluster;
}

/** The newest that is installed. */
function binFolder(): string | undefined {
  if (!existsSync(FOLDERS)) return undefined;
  const versions = readdirSync(FOLDERS).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(FOLDERS, version, 'bin')).find((bin) => existsSync(join(bin, 'postgres')));
}

class Cluster implements TestPostgres {
  readonly #bin: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'gwpg-'));
  readonly #data = join(this.#folder, 'data');
  readonly #user = unprivileged();
  #shell: ChildProcess | undefined;

  constructor(bin: string) {
    this.#bin = bin;
    mkdirSync(this.#data, { mode: 0o700 });
    for (const folder of [this.#folder, this.#data]) if (this.#user) chownSync(folder, this.#user.uid, this.#user.gid);
    const args = ['-D', this.#data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    const { status, stderr } = spawnSync(join(bin, 'initdb'), args, { cwd: this.#folder, ...this.#user });
    if (status !== 0) throw new Error(`initdb: ${stderr}`);
  }

  async start(): Promise<void> {
    const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const args = ['-D', this.#data, '-k', this.#folder, ...settings];
    const shell = spawn('/bin/sh', ['-c', UNTIL_EMPTY_PIPE, join(this.#bin, 'postgres'), ...args], {
      cwd: this.#folder,
      stdio: ['pipe', 'ignore', 'ignore'],
      ...this.#user,
    });
    this.#shell = shell;
    for (const client = () => this.#client(); !(await answers(client())); ) {
      if (shell.exitCode !== null) throw new Error(`Postgres ended with ${shell.exitCode} before it answered.`);
    }
  }

  async database(template?: string): Promise<string> {
    const name = `t_${randomBytes(6).toString('hex')}`;
    await asked(this.#client(), `create database ${name}${copying(template)}`);
    return `postgres://postgres@/${name}?host=${this.#folder}`;
  }

  async stop(): Promise<void> {
    const shell = this.#shell;
    this.#shell = undefined;
    if (!shell || shell.exitCode !== null) return;
    this.goOn();
    const ended = once(shell, 'exit');
    shell.stdin?.end();
    await ended;
  }

  hold(): void {
    for (const pid of this.#pids()) process.kill(pid, 'SIGSTOP');
  }

  goOn(): void {
    for (const pid of this.#pids()) process.kill(pid, 'SIGCONT');
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #client(): Client {
    return new Client({ host: this.#folder, user: 'postgres', database: 'postgres', connectionTimeoutMillis: 1000 });
  }

  /** The server, and whatever serves a connection. */
  #pids(): number[] {
    const file = join(this.#data, 'postmaster.pid');
    if (!existsSync(file)) return [];
    const server = Number(readFileSync(file, 'utf8').split('\n')[0]);
    const children = readFileSync(`/proc/${server}/task/${server}/children`, 'utf8').trim();
    return [server, ...children.split(' ').filter(Boolean).map(Number)];
  }
}

/** Postgres does not run as root. */
function unprivileged(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const [, , uid, gid] = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('There is no user "postgres" or "nobody" to run it as.');
  return { uid: Number(uid), gid: Number(gid) };
}

function theirs(url: string): TestPostgres {
  const made: string[] = [];
  const refuse = async (): Promise<never> => {
    throw new Error('This test stops Postgres and needs a private one: unset GATEWRIGHT_TEST_POSTGRES_URL.');
  };
  return {
    database: async (template) => {
      const name = `gatewright_test_${randomBytes(6).toString('hex')}`;
      await asked(new Client({ connectionString: url }), `create database ${name}${copying(template)}`);
      made.push(name);
      const own = new URL(url);
      own.pathname = `/${name}`;
      return own.href;
    },
    stop: refuse,
    start: refuse,
    hold: () => void refuse(),
    goOn: () => void refuse(),
    close: async () => {
      for (const name of made) {
        await asked(new Client({ connectionString: url }), `drop database if exists ${name} with (force)`);
      }
    },
  };
}

function copying(template: string | undefined): string {
  const name = /\/(\w+)(?:\?|$)/.exec(template ?? '')?.[1];
  return name === undefined ? '' : ` template ${name}`;
}

async function answers(client: Client): Promise<boolean> {
  try {
    await asked(client, 'select 1');
    return true;
  } catch {
    // It is still starting; the next one asks a moment later.
    await new Promise((resolve) => setTimeout(resolve, 50));
    return false;
  }
}

async function asked(client: Client, sql: string): Promise<void> {
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end().catch(() => undefined);
  }
}
