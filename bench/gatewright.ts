/*
 * Starting the real gateway, from the sources or from the packed package, on a configuration of our own.
 *
 * It runs as a user would run it, with every limit at its default: nothing is switched off for the measurement.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child, LOAD_CPU, PROXY_CPU, pinned } from './child.ts';
import { ERAS } from './echo-answers.ts';
import { newFolder, removeFolder } from './temp-folder.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'bin', 'gatewright');

export interface Configuration {
  readonly auth?: object;
  readonly servers: Readonly<Record<string, unknown>>;
  readonly limits?: Readonly<Record<string, number>>;
}

export interface Gatewright {
  readonly child: Child;
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly bin?: string;
  readonly nodeFlags?: readonly string[];
  /** Which event to wait for: the listener is there, or every server behind it has been asked. */
  readonly until?: 'listening' | 'ready';
}

export function gatewrightPresent(): boolean {
  return existsSync(BIN) && existsSync(join(ROOT, 'src', 'main.ts'));
}

/** `legacy-json`, `legacy-sse`, `modern-json`, `modern-sse`. */
export function httpServers(upstreamPort: number): Configuration {
  const origin = `http://127.0.0.1:${upstreamPort}`;
  const entries = ERAS.flatMap((era) =>
    ['json', 'sse'].map((kind) => [`${era}-${kind}`, { url: `${origin}/${era}/${kind}` }]),
  );
  return { servers: Object.fromEntries(entries) };
}

/** `legacy-stdio`, `modern-stdio`: the child runs beside the load, not on the gateway's processor. */
export function stdioServers(): Configuration {
  const script = fileURLToPath(new URL('echo-stdio.ts', import.meta.url));
  const entries = ERAS.map((era) => {
    const [command, ...args] = pinned(LOAD_CPU, [process.execPath, script, era]);
    return [`${era}-stdio`, { command, args }];
  });
  return { servers: Object.fromEntries(entries) };
}

export async function startGatewright(configuration: Configuration, options: StartOptions = {}): Promise<Gatewright> {
  const folder = newFolder('config');
  const file = join(folder, 'bench.json');
  writeFileSync(file, JSON.stringify(configuration));
  const remove = () => removeFolder(folder);
  const serve = [options.bin ?? BIN, 'serve', '--config', file, '--port', '0', '--json'];
  let port = 0;
  const ready = (line: string): boolean => {
    const event = parsed(line);
    if (event.event === 'listening') port = Number(new URL(event.url ?? '').port);
    return event.event === (options.until ?? 'ready');
  };
  try {
    const command = [process.execPath, ...(options.nodeFlags ?? []), ...serve];
    const child = await Child.start(command, { cpu: PROXY_CPU, cwd: folder, ready });
    return { child, pid: child.pid, port, stop: () => child.stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

function parsed(line: string): { readonly event?: string; readonly url?: string } {
  try {
    return JSON.parse(line) as { event?: string; url?: string };
  } catch {
    return {};
  }
}

export interface Package {
  readonly bin: string;
  remove(): void;
}

/**
 * Packs the checkout and lays the package out as an installation would, with the checkout's own dependencies linked
 * beside it, so that no registry is asked. Undefined when it cannot be packed.
 */
export function unpackPackage(): Package | undefined {
  const folder = newFolder('package');
  const remove = () => removeFolder(folder);
  try {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT, stdio: 'pipe' });
    const bin = layOut(folder);
    if (existsSync(bin) && existsSync(join(bin, '..', '..', 'dist'))) return { bin, remove };
  } catch {
    // Said by the caller in the table: this row is optional while the package cannot be built.
  }
  remove();
  return undefined;
}

function layOut(folder: string): string {
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'gatewright'), { recursive: true });
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  execFileSync('tar', ['-xzf', join(folder, archive), '--strip-components=1', '-C', join(modules, 'gatewright')]);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.') && name !== 'gatewright')
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  return join(modules, 'gatewright', 'bin', 'gatewright');
}
