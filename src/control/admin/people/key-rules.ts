/*
 * API keys: whose they may be, what they may have, and how they are made.
 *
 * A key is its user's in one organisation, and is never more than the user is there at the time of use. Who manages the organisation
 * makes keys for its members, as far as they hold the roles that the key would have. It lasts no longer than `keyTimeMaxMs`.
 */
import { hash, randomBytes, randomInt } from 'node:crypto';
import { z } from 'zod';
import { line } from '../../../config/fields.ts';
import { patterns } from '../../../config/fields-auth.ts';
import { AdminError } from '../../../model/admin-errors.ts';
import { composeKey } from '../../../model/key-text.ts';
import type { Actor } from '../../actor.ts';
import { membershipsOfAll, userSeen } from '../../store/queries/accounts.ts';
import { countKeys } from '../../store/queries/keys.ts';
import type { KeyRow, UserRow } from '../../store/tables.ts';
import { TIME } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { reachIn } from './key-view.ts';
import { wrong } from './me-routes.ts';
import { roleNames, typedUsername, usernameOf } from './people-words.ts';
import { checkGiven, checkHeld, rolesKnown } from './role-rules.ts';
import { rolesIn } from './stored-credentials.ts';

const REACH = 'Patterns. Absent: wherever its user may.';

export const KEY_FIELDS = {
  roles: roleNames()
    .nullable()
    .optional()
    .describe(
      'Those of its user’s roles that it has. Absent: all of them; of a key for somebody else those that its user has now.',
    ),
  servers: patterns().nullable().optional().describe(`Names of servers. ${REACH}`),
  endpoints: patterns().nullable().optional().describe(`Names of endpoints, \`default\` for /mcp. ${REACH}`),
  tools: patterns()
    .nullable()
    .optional()
    .describe(`\`server.tool\`. ${REACH} When given, prompts and resources are out of reach.`),
  api: z
    .array(z.enum(['read', 'write']))
    .max(2)
    .optional()
    .describe('What it may do of the admin API. Default: nothing. Never logins, keys, users.'),
  expiresAt: TIME.optional().describe('Default: after `keyTimeMs`. At the latest: after `keyTimeMaxMs`.'),
};

export const CREATE_KEY = z.strictObject({
  name: line(128).describe('For people.'),
  username: typedUsername().optional().describe('Whose it is, for who manages the organisation. Default: yours.'),
  ...KEY_FIELDS,
});

export const UPDATE_KEY = z.strictObject({
  name: line(128).optional(),
  disabled: z.boolean().optional(),
  ...KEY_FIELDS,
});

export type KeyFields = Omit<z.infer<typeof UPDATE_KEY>, 'name' | 'disabled'>;

export interface Owner extends Pick<UserRow, 'id' | 'username'> {
  /** In the organisation of the actor. */
  readonly roles: readonly string[];
}

/** The actor, or a member whom they manage. Throws `not_found`, `forbidden`. */
export async function ownerOf(parts: AdminParts, actor: Actor, typed: string | undefined): Promise<Owner> {
  const username = typed === undefined ? undefined : usernameOf(typed);
  const isOwn = username === undefined || username === actor.username;
  if (!isOwn && !actor.rights.has('manage')) throw noSuch();
  const [user] = await parts.store.read(userSeen(actor, isOwn ? { id: actor.userId ?? '' } : { username }));
  const all = user ? await parts.store.read(membershipsOfAll([user.id])) : [];
  const member = all.find(({ organisation }) => organisation === actor.organisation);
  if (!user || !member) throw noSuch();
  return { id: user.id, username: user.username, roles: rolesIn(member.rolesJson) };
}

function noSuch(): AdminError {
  return new AdminError('not_found', { say: 'There is no such member of this organisation.' });
}

/** Throws what is wrong with what a key would have. `roles`: null for all of its owner's. */
export async function checkKey(
  parts: AdminParts,
  actor: Actor,
  owner: Owner,
  { roles, expiresAt }: Pick<KeyFields, 'roles' | 'expiresAt'>,
): Promise<void> {
  const known = await rolesKnown(parts, actor);
  checkHeld(actor, roles ?? owner.roles, known);
  if (roles) {
    checkGiven(actor, roles, known);
    const at = roles.findIndex((role) => !owner.roles.includes(role));
    if (at >= 0) throw wrong(`body.roles.${at}`, 'Its user does not have this role here.');
  }
  if (expiresAt !== undefined) checkTime(parts, Date.parse(expiresAt));
}

/**
 * The roles that are written down, null for all of its user's, whichever those will be. Whoever makes a key for somebody else has
 * seen it, so it keeps to what was theirs to give: nothing that its user is given later is in it.
 */
export function rolesKept({ userId }: Actor, owner: Owner, roles: readonly string[] | null): string[] | null {
  if (roles === null && owner.id === userId) return null;
  return [...(roles ?? owner.roles)];
}

function checkTime({ now, limits, logins }: AdminParts, atMs: number): void {
  const nowMs = now();
  if (atMs <= nowMs) throw wrong('body.expiresAt', 'Is over already.');
  const { keyTimeMaxMs } = limits();
  if (atMs - nowMs <= keyTimeMaxMs) return;
  logins.onLimit('keyTimeMaxMs');
  const latest = new Date(nowMs + keyTimeMaxMs).toISOString();
  throw wrong('body.expiresAt', `At the latest ${latest} (limits.keyTimeMaxMs).`);
}

export function expiryOf({ now, limits }: AdminParts, expiresAt: string | undefined): number {
  const { keyTimeMs, keyTimeMaxMs } = limits();
  return expiresAt === undefined ? now() + Math.min(keyTimeMs, keyTimeMaxMs) : Date.parse(expiresAt);
}

/** Throws `limited`. Two at the same moment may make one too many; it is a bound and no lock. */
export async function checkRoom(parts: AdminParts, actor: Actor, owner: Owner): Promise<void> {
  const [counted] = await parts.store.read(countKeys(actor, owner.id));
  const max = parts.limits().keysPerUserMax;
  if ((counted?.count ?? 0) < max) return;
  parts.logins.onLimit('keysPerUserMax');
  throw new AdminError('conflict', {
    say: `There are ${max} keys already (limits.keysPerUserMax). Delete one that is not needed.`,
  });
}

/** The columns for the fields that are given; null clears. */
export function columnsOf(fields: KeyFields, before: string | null = null): Partial<KeyRow> {
  const { roles, servers, endpoints, tools, api } = fields;
  const reach = Object.entries({ servers, endpoints, tools }).filter(([, patterns]) => patterns !== undefined);
  return {
    ...(roles === undefined ? {} : { rolesJson: roles === null ? null : JSON.stringify(roles) }),
    ...(reach.length === 0 ? {} : { reachJson: reachOf({ ...reachIn(before), ...Object.fromEntries(reach) }) }),
    ...(api === undefined ? {} : { apiJson: JSON.stringify([...new Set(api)]) }),
  };
}

function reachOf(reach: object): string | null {
  const given = Object.entries(reach).filter(([, patterns]) => patterns !== null);
  return given.length === 0 ? null : JSON.stringify(Object.fromEntries(given));
}

/** No letter that is taken for a digit. */
const ID_LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const ID_LENGTH = 12;
const SECRET_BYTES = 32;

export interface MadeKey {
  readonly text: string;
  readonly columns: Pick<KeyRow, 'keyId' | 'sha256'>;
}

export function makeKey(keyId = newKeyId()): MadeKey {
  const text = composeKey(keyId, randomBytes(SECRET_BYTES));
  return { text, columns: { keyId, sha256: hash('sha256', text) } };
}

function newKeyId(): string {
  return Array.from({ length: ID_LENGTH }, () => ID_LETTERS[randomInt(ID_LETTERS.length)]).join('');
}
