/*
 * Passwords: argon2id, as PHC text, hashed off the thread that serves calls.
 *
 * `crypto.argon2` works in the thread pool of the process; a few at once, so that name look-ups and files find room in it too, a
 * bounded number waiting, and who comes after that is told to come again. Who has no password is checked against one that
 * nobody knows, so that the time of an answer says nothing about who exists.
 *
 * Parameters are those that OWASP's cheat sheet on password storage recommends (19 MiB, two passes, one lane). They stand
 * in each hash; one with others still opens, and is hashed anew at the next login.
 */
import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { AdminError } from '../../../model/admin-errors.ts';
import type { LimitName, Limits } from '../../../model/limits.ts';

const derive = promisify(argon2);

interface Costs {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly lanes: number;
}

const COSTS: Costs = { memoryKiB: 19_456, passes: 2, lanes: 1 };
const SALT_BYTES = 16;
const TAG_BYTES = 32;
/** Of a hash from elsewhere: what it may cost us. */
const COSTS_MAX: Costs = { memoryKiB: 262_144, passes: 16, lanes: 4 };

/** RFC 9106 §3.1 and the PHC string format. */
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

interface Hash extends Costs {
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** Whether it was right, and whether what is stored is of other costs than today's. */
export interface Verdict {
  readonly right: boolean;
  readonly outdated: boolean;
}

export interface PasswordParts {
  readonly limits: () => Limits;
  readonly onLimit: (limit: LimitName) => void;
}

export class Passwords {
  readonly #parts: PasswordParts;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(parts: PasswordParts) {
    this.#parts = parts;
  }

  hash(password: string): Promise<string> {
    return this.#inTurn(() => hashPassword(password));
  }

  /** `stored`: undefined or `''` for who has none; that takes as long, and is wrong. */
  verify(password: string, stored: string | undefined): Promise<Verdict> {
    return this.#inTurn(() => verifyPassword(password, stored));
  }

  async #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const { passwordsAtOnceMax, passwordsWaitingMax } = this.#parts.limits();
    if (this.#running >= passwordsAtOnceMax) {
      if (this.#waiting.length >= passwordsWaitingMax) {
        this.#parts.onLimit('passwordsWaitingMax');
        throw new AdminError('limited', { retryAfterSeconds: 1 });
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      // Whoever waits takes the place over, so nobody who comes now is before them.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await tagOf(password, { ...COSTS, salt }, TAG_BYTES);
  const { memoryKiB, passes, lanes } = COSTS;
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(tag)}`;
}

export async function verifyPassword(password: string, stored: string | undefined): Promise<Verdict> {
  const hash = readHash(stored ?? '');
  const { salt, tag, ...costs } = hash ?? NOBODYS;
  const found = await tagOf(password, { ...costs, salt }, tag.length);
  const right = timingSafeEqual(found, tag) && hash !== undefined;
  return { right, outdated: right && !isOfToday(costs) };
}

/** Undefined for what is no hash of ours, or would cost more than we pay. */
function readHash(stored: string): Hash | undefined {
  const [, memory, passes, lanes, salt = '', tag = ''] = PHC.exec(stored) ?? [];
  if (memory === undefined) return undefined;
  const costs: Costs = { memoryKiB: Number(memory), passes: Number(passes), lanes: Number(lanes) };
  const within = COST_NAMES.every((name) => costs[name] >= 1 && costs[name] <= COSTS_MAX[name]);
  if (!within || costs.memoryKiB < 8 * costs.lanes) return undefined;
  return { ...costs, salt: Buffer.from(salt, 'base64'), tag: Buffer.from(tag, 'base64') };
}

const COST_NAMES = ['memoryKiB', 'passes', 'lanes'] as const;
const NOBODYS: Hash = { ...COSTS, salt: randomBytes(SALT_BYTES), tag: randomBytes(TAG_BYTES) };

function isOfToday(costs: Costs): boolean {
  return COST_NAMES.every((name) => costs[name] === COSTS[name]);
}

function tagOf(password: string, { memoryKiB, passes, lanes, salt }: Costs & { salt: Buffer }, tagLength: number) {
  // NIST SP 800-63B §3.1.1.2: what looks the same is the same, however a keyboard composes it.
  const message = Buffer.from(password.normalize('NFKC'));
  return derive('argon2id', { message, nonce: salt, parallelism: lanes, tagLength, memory: memoryKiB, passes });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** No letter that is taken for another, so that it can be typed off a screen. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 5;
const GROUP_LETTERS = 5;

/** 123 random bits, good until the first login asks for another one. */
export function oneTimePassword(): string {
  const group = () => Array.from({ length: GROUP_LETTERS }, () => LETTERS[randomInt(LETTERS.length)]).join('');
  return Array.from({ length: GROUPS }, group).join('-');
}
