/*
 * Secrets that were seeded to be looked for, and everything that was heard: what was seeded is found wherever it got to, in the
 * forms in which it could get there.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sent, Told } from '../rig/desk-answer.ts';
import type { ManagedGateway } from '../rig/managed-gateway.ts';
import { descendantsOf } from '../rig/process-watcher.ts';

export interface Leak {
  readonly canary: string;
  readonly where: string;
}

export class Canaries {
  readonly #texts = new Map<string, string>();
  readonly #leaks: Leak[] = [];

  /** Long enough for a password, and of letters that nothing escapes. */
  make(name: string): string {
    return this.add(name, `canary-${randomBytes(16).toString('hex')}`);
  }

  /** One that the gateway has made. */
  add(name: string, text: string): string {
    if (text.length < 12) throw new Error(`no canary: ${name}`);
    this.#texts.set(name, text);
    return text;
  }

  get names(): readonly string[] {
    return [...this.#texts.keys()];
  }

  /** `but`: those that this place shows, and is for. */
  look(where: string, text: string, but: readonly string[] = []): void {
    for (const [canary, secret] of this.#texts) {
      if (!but.includes(canary) && formsOf(secret).some((form) => text.includes(form)))
        this.#leaks.push({ canary, where });
    }
  }

  get leaks(): readonly Leak[] {
    return this.#leaks;
  }
}

/** As it stands, and as it would be in hexadecimal, in base64 at any of the three places, and in a URL. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = [0, 1, 2].map((skip) =>
    Buffer.concat([Buffer.alloc(skip), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [secret, bytes.toString('hex'), encodeURIComponent(secret), ...base64];
}

/** A gateway, and canaries that every answer of it is searched for. */
export class CanaryPlay {
  readonly gateway: ManagedGateway;
  readonly canaries: Canaries;
  /** Answers by `METHOD path → status`. */
  readonly answers = new Map<string, number>();

  constructor(gateway: ManagedGateway, canaries: Canaries) {
    this.gateway = gateway;
    this.canaries = canaries;
  }

  async ask(
    what: string,
    sent: Sent = {},
    { as, shows = [] as readonly string[] }: { as?: string; shows?: readonly string[] } = {},
  ) {
    const told = await this.gateway.ask<Record<string, unknown>>(what, sent, as);
    this.#heard(what, told, shows);
    return told;
  }

  /** Text that is no answer of the API. */
  async get(path: string, headers: Record<string, string> = {}): Promise<void> {
    const response = await fetch(`${this.gateway.url}${path}`, { headers });
    this.canaries.look(`GET ${path}`, `${JSON.stringify([...response.headers])}${await response.text()}`);
  }

  /** What the process says beside its answers, and what it looks like from outside. */
  lookAround(): void {
    const { gateway } = this.gateway;
    const { said, pid } = gateway;
    this.canaries.look('stderr', gateway.stderr());
    this.canaries.look('stdout', JSON.stringify(said));
    for (const each of [pid, ...descendantsOf(pid).map((child) => child.pid)])
      this.canaries.look('argv', readFileSync(`/proc/${each}/cmdline`, 'latin1'));
  }

  /** Every file of the data folder but the one that holds the key. */
  lookAtFiles(): void {
    const { dataDir } = this.gateway;
    for (const entry of readdirSync(dataDir, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && entry.name !== 'encryption.key') this.canaries.look(path, readFileSync(path, 'latin1'));
    }
  }

  #heard(what: string, told: Told<unknown>, shows: readonly string[]): void {
    const [target = ''] = what.split('?');
    this.answers.set(`${target} → ${told.status}`, (this.answers.get(`${target} → ${told.status}`) ?? 0) + 1);
    this.canaries.look(`${target} → ${told.status}`, `${told.text}${JSON.stringify([...told.headers])}`, shows);
  }
}
