/*
 * A desk with users who have passwords, and a clock that tests turn on; opened once for the file that imports it.
 */
import { after } from 'node:test';
import { hashPassword } from '../../src/control/admin/people/passwords.ts';
import { memberships, users } from '../../src/control/store/queries/people.ts';
import { openTestDesk } from '../rig/desk.ts';
import { askOver, type Told } from '../rig/desk-answer.ts';
import { seederIn } from '../rig/desk-people.ts';

export const PASSWORD = 'kettle orbit walnut ferry';
export const OTHER = 'seven lanterns under rain';

let nowMs = Date.now();
export const desk = await openTestDesk({ now: () => nowMs });
after(() => desk.close());

export interface Pair {
  readonly token: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
}
export interface LoggedIn extends Pair {
  readonly organisation: string;
  readonly roles: readonly string[];
  readonly mustChangePassword: boolean;
  readonly user: { readonly id: string };
}
export interface Me {
  readonly version: number;
  readonly displayName: string;
  readonly roles: readonly string[];
  readonly sessionId: string;
}

export const login = (username: string, password = PASSWORD, more: object = {}): Promise<Told<LoggedIn>> =>
  desk.ask('', 'POST /api/auth/login', { body: { username, password, ...more } });
export const as = <Data>(token: string, what: string, sent = {}): Promise<Told<Data>> =>
  askOver(desk.url, token, what, sent);
export const me = (token: string) => as<Me>(token, 'GET /api/v1/me');
export const refresh = (refreshToken: string): Promise<Told<Pair>> =>
  desk.ask('', 'POST /api/auth/refresh', { body: { refreshToken } });

const passwordHash = await hashPassword(PASSWORD);
let made = 0;

interface Member {
  readonly username: string;
  readonly id: string;
}

/** Of `acme`, with the password above: written straight into the store, for who makes them is tried elsewhere. */
export async function member({ roles = ['user'], mustChangePassword = 0 } = {}): Promise<Member> {
  const [seeder, username] = [seederIn('acme'), `member-${++made}`];
  const blank = { displayName: '', email: '', disabled: 0, sessionsNotBeforeMs: 0 };
  const user = users.fresh(seeder, { ...blank, username, passwordHash, mustChangePassword }, nowMs);
  const membership = memberships.fresh(seeder, { userId: user.id, rolesJson: JSON.stringify(roles) }, nowMs);
  await desk.store.write(seeder, {
    changes: [users.insert(seeder, user), memberships.insert(seeder, membership)],
    touched: [{ kind: 'users', id: user.id, organisation: 'acme' }],
    audit: [],
  });
  return { username, id: user.id };
}

/** The admin of `acme`, logged in a moment ago. */
export async function byAda<Data>(what: string, sent = {}): Promise<Told<Data>> {
  const ada = { userId: desk.userIds.ada, username: 'ada', organisation: 'acme' };
  const { token } = await desk.parts.logins.sessions.open(seederIn('acme'), ada);
  return as(token, what, sent);
}

/** Nobody of this test waits for what another one guessed. */
export function later(ms = 3_600_000): void {
  nowMs += ms;
}

export async function membershipOf(userId: string): Promise<string> {
  const all = await byAda<{ items: readonly { id: string }[] }>(`GET /api/v1/memberships?userId=${userId}`);
  return all.data.items[0]?.id ?? '';
}
