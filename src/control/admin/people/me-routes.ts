/*
 * Whoever is logged in, about themselves: what is shown to people, the password, the logins that are open. What somebody is
 * to an organisation is not theirs to change.
 */
import { z } from 'zod';
import { AdminError } from '../../../model/admin-errors.ts';
import type { Actor } from '../../actor.ts';
import { endSessions, sessionsOf } from '../../store/queries/logins.ts';
import { membershipsOf, userById, users } from '../../store/queries/people.ts';
import type { UserRow } from '../../store/tables.ts';
import { BY_ID, rfc3339, TIME } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { passwordFault } from './password-rules.ts';
import { displayName, email, MEMBER_OF, password, USER_SHOWN } from './people-words.ts';
import { touchedSession } from './sessions.ts';
import { rolesIn } from './stored-credentials.ts';

export function meRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [me(parts), changeMe(parts), changePassword(parts), mySessions(parts), endMySession(parts)];
}

const ME = USER_SHOWN.extend({
  organisation: z.string().describe('Where this login acts.'),
  roles: z.array(z.string()).describe('Those in this organisation.'),
  rights: z.array(z.enum(['read', 'own', 'manage', 'system'])).describe('What the roles let do here.'),
  organisations: z.array(MEMBER_OF).describe('Where the user could act, after another login.'),
  mustChangePassword: z.boolean(),
  sessionId: z.string(),
  version: z.int().describe('The ETag, which If-Match takes.'),
});

function me(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'getMe', method: 'GET', path: '/api/v1/me', tag: 'me', gate: 'session' },
    say: 'Who is logged in.',
    data: ME,
    example: {},
    answer: async ({ actor }) => shown(parts, actor, await self(parts, actor)),
  });
}

async function self({ store }: AdminParts, { userId = '' }: Actor): Promise<UserRow> {
  const [user] = await store.read(userById(userId));
  // Deleted since the token was looked at.
  if (!user) throw new AdminError('not_authenticated');
  return user;
}

async function shown({ store }: AdminParts, actor: Actor, user: UserRow) {
  const members = await store.read(membershipsOf(user.id));
  const { id, username, displayName, email, version } = user;
  return {
    version,
    data: {
      ...{ id, username, displayName, email, version, organisation: actor.organisation },
      ...{ roles: [...actor.roles], rights: [...actor.rights], sessionId: actor.sessionId ?? '' },
      organisations: members.map(({ organisation, rolesJson }) => ({ organisation, roles: [...rolesIn(rolesJson)] })),
      mustChangePassword: user.mustChangePassword !== 0,
    },
  };
}

const REFUSED = z.unknown().optional().describe('Refused (403): roles are given by who manages the organisation.');

const CHANGED_ME = z.strictObject({
  displayName: displayName().optional(),
  email: email().optional(),
  role: REFUSED,
  roles: REFUSED,
});

function changeMe(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'updateMe', method: 'PATCH', path: '/api/v1/me', tag: 'me', gate: 'session', ifMatch: true },
    say: 'Changes the fields that are given.',
    body: CHANGED_ME,
    data: ME,
    example: { body: { displayName: 'Ada L.' } },
    answer: async ({ actor, body, ifMatch }) => {
      const { role, roles, ...set } = body;
      if (role !== undefined || roles !== undefined)
        throw new AdminError('forbidden', { say: 'Roles are given by who manages the organisation.' });
      const user = await self(parts, actor);
      const given = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
      const asHome = { ...actor, organisation: user.organisation };
      const change = users.update(asHome, { id: user.id, version: ifMatch, set: given, atMs: parts.now() });
      const before = { displayName: user.displayName, email: user.email };
      await parts.store.write(actor, {
        changes: [change],
        touched: [{ kind: 'users', id: user.id, organisation: user.organisation }],
        audit: [{ action: 'user.update', ...ofUser(user), before, after: { ...before, ...given } }],
      });
      return shown(parts, actor, await self(parts, actor));
    },
  });
}

function ofUser({ id, username }: UserRow) {
  return { outcome: 'done', kind: 'users', targetId: id, targetName: username, before: null, after: null, reason: '' };
}

function changePassword(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'changePassword', method: 'POST', path: '/api/v1/me/password', tag: 'me', gate: 'session' },
    credentials: true,
    say: 'Another password. Ends all other logins of the user.',
    body: z.strictObject({ oldPassword: password(), newPassword: password() }),
    data: z.object({}),
    errors: ['limited'],
    example: { body: { oldPassword: '{password}', newPassword: '{newPassword}' } },
    answer: async ({ actor, body }) => {
      const user = await self(parts, actor);
      await checkOld(parts, actor, { user, typed: body.oldPassword });
      checkNew(user, body);
      await setPassword(parts, actor, user, body.newPassword);
      return { data: {} };
    },
  });
}

async function setPassword(parts: AdminParts, actor: Actor, user: UserRow, typed: string): Promise<void> {
  const passwordHash = await parts.logins.passwords.hash(typed);
  const asHome = { ...actor, organisation: user.organisation };
  const atMs = parts.now();
  const set = { passwordHash, mustChangePassword: 0 };
  const ends = endSessions({ userId: user.id, except: actor.sessionId, atMs });
  await parts.store.write(actor, {
    // Of two changes at once the second one has not seen the password that it replaces.
    changes: [users.update(asHome, { id: user.id, version: user.version, set, atMs }), { statement: ends }],
    touched: [
      { kind: 'users', id: user.id, organisation: user.organisation },
      touchedSession(actor.sessionId ?? '', actor.organisation),
    ],
    audit: [{ action: 'user.password', ...ofUser(user) }],
  });
}

interface Old {
  readonly user: UserRow;
  readonly typed: string;
}

/** Whoever has found a token does not guess the password with it. */
async function checkOld({ logins }: AdminParts, actor: Actor, { user, typed }: Old): Promise<void> {
  const attempt = logins.attempts.enter(user.username, actor.address);
  let right = false;
  try {
    ({ right } = await logins.passwords.verify(typed, user.passwordHash));
  } finally {
    if (right) attempt.passed();
    else attempt.failed();
  }
  if (!right) throw wrong('body.oldPassword', 'This is not the password.');
}

function checkNew(
  { username }: UserRow,
  { oldPassword, newPassword }: { oldPassword: string; newPassword: string },
): void {
  const fault = passwordFault(newPassword, username);
  if (fault !== undefined) throw wrong('body.newPassword', fault);
  if (newPassword.normalize('NFKC') === oldPassword.normalize('NFKC'))
    throw wrong('body.newPassword', 'This is the old password.');
}

export function wrong(field: string, say: string): AdminError {
  return new AdminError('parameter_wrong', { faults: [{ field, say }] });
}

const SESSION = z.object({
  id: z.string(),
  organisation: z.string(),
  createdAt: TIME,
  refreshedAt: TIME.describe('When its tokens were renewed last.'),
  expiresAt: TIME.describe('When it is over unless it is refreshed.'),
  current: z.boolean().describe('This one.'),
});

function mySessions(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'listMySessions', method: 'GET', path: '/api/v1/me/sessions', tag: 'me', gate: 'session' },
    say: 'The logins that are open, newest first; not more than `loginsPerUserMax`.',
    data: z.object({ items: z.array(SESSION) }),
    example: {},
    answer: async ({ actor }) => {
      const open = await parts.store.read(sessionsOf({ userId: actor.userId ?? '', nowMs: parts.now() }));
      const items = open.map(({ id, organisation, createdAtMs, updatedAtMs, expiresAtMs }) => ({
        ...{ id, organisation, createdAt: rfc3339(createdAtMs), refreshedAt: rfc3339(updatedAtMs) },
        ...{ expiresAt: rfc3339(expiresAtMs), current: id === actor.sessionId },
      }));
      return { data: { items } };
    },
  });
}

function endMySession(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'endMySession', method: 'DELETE', path: '/api/v1/me/sessions/{id}', tag: 'me', gate: 'session' },
    say: 'Ends one login.',
    params: BY_ID,
    data: z.object({}),
    example: { params: { id: '{sessionId}' } },
    answer: async ({ actor, params }) => {
      await parts.logins.sessions.end(actor, { userId: actor.userId ?? '', id: params.id });
      return { data: {} };
    },
  });
}
