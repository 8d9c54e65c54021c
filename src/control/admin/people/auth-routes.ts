/*
 * Logging in and out.
 *
 *   login    count of guesses ─▶ password (in the same time for who is not there) ─▶ disabled? ─▶ organisation ─▶ session
 *
 * Whatever is wrong before the password is right is one answer. A body with another type than JSON, or from a page of
 * another origin, does not come here.
 */
import { z } from 'zod';
import { AdminError } from '../../../model/admin-errors.ts';
import type { Actor } from '../../actor.ts';
import { rehash } from '../../store/queries/logins.ts';
import { membershipsOf, userByName } from '../../store/queries/people.ts';
import type { UserRow } from '../../store/tables.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { MEMBER_OF, organisationName, password, typedUsername, USER_SHOWN, usernameOf } from './people-words.ts';
import { rolesIn } from './stored-credentials.ts';

export function authRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [login(parts), refresh(parts), logout(parts)];
}

const TOKENS = {
  token: z.string().describe('For `Authorization: Bearer …`.'),
  refreshToken: z.string().describe('Good once, for the next pair. Used a second time, it ends the login.'),
  expiresIn: z.int().describe('Seconds for which `token` is good.'),
  tokenType: z.literal('Bearer'),
};

const LOGGED_IN = z.object({
  ...TOKENS,
  user: USER_SHOWN,
  organisation: z.string().describe('Where the login acts.'),
  roles: z.array(z.string()),
  organisations: z.array(MEMBER_OF).describe('Where the user could act.'),
  mustChangePassword: z.boolean().describe('Nothing else is answered before: POST /api/v1/me/password.'),
});

const LOGIN = z.strictObject({
  username: typedUsername(),
  password: password(),
  organisation: organisationName()
    .optional()
    .describe('Where to act. Unless told: `default`, or the first of those that the user is a member of.'),
});

function login(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'login', method: 'POST', path: '/api/auth/login', tag: 'auth', gate: 'public' },
    say: 'Logs in with a password.',
    more: 'After too many wrong passwords the answer is 429 with Retry-After, whoever was guessed about.',
    body: LOGIN,
    data: LOGGED_IN,
    errors: ['login_failed', 'limited'],
    example: { body: { username: '{username}', password: '{password}' } },
    answer: async ({ actor, body }) => {
      const user = await proven(parts, actor, body);
      const members = await parts.store.read(membershipsOf(user.id));
      const organisations = members.map((each) => ({
        organisation: each.organisation,
        roles: rolesIn(each.rolesJson),
      }));
      const { organisation, roles } = placeOf(organisations, body.organisation);
      const { id, username, displayName, email } = user;
      const whom = { userId: id, username, organisation };
      const tokens = await parts.logins.sessions.open(actor, whom, user.passwordHash).catch(notAnyMore);
      return {
        data: {
          ...{ ...shownTokens(tokens), user: { id, username, displayName, email }, organisation },
          ...{ roles: [...roles], organisations: organisations.map((each) => ({ ...each, roles: [...each.roles] })) },
          mustChangePassword: user.mustChangePassword !== 0,
        },
      };
    },
  });
}

/** The password was changed, or the account disabled, while it was looked at. */
function notAnyMore(error: unknown): never {
  throw error instanceof AdminError && error.kind === 'conflict' ? new AdminError('login_failed') : error;
}

function shownTokens({ token, refreshToken, expiresInSeconds }: Awaited<ReturnType<Opened>>) {
  return { token, refreshToken, expiresIn: expiresInSeconds, tokenType: 'Bearer' as const };
}
type Opened = AdminParts['logins']['sessions']['open'];

interface Typed {
  readonly username: string;
  readonly password: string;
}

/** The user whose password it is. Throws `login_failed`, `limited`; what nobody is called is not kept, for it may be a password. */
async function proven({ store, logins, onFailure }: AdminParts, actor: Actor, typed: Typed): Promise<UserRow> {
  const username = usernameOf(typed.username);
  const attempt = logins.attempts.enter(username, actor.address);
  let [isRight, isKnown] = [false, false];
  try {
    const [user] = await store.read(userByName(username));
    const { right, outdated } = await logins.passwords.verify(typed.password, user?.passwordHash);
    isRight = right && user?.disabled === 0;
    isKnown = user !== undefined;
    if (user && isRight) {
      const parts = { store, logins, onFailure };
      return outdated ? { ...user, passwordHash: await hashAnew(parts, user, typed.password) } : user;
    }
  } finally {
    // What could not be found out counts as wrong: nobody guesses faster by making it fail.
    if (isRight) attempt.passed();
    else attempt.failed();
  }
  throw new AdminError('login_failed', isKnown ? { about: username } : {});
}

/** What stands in the row afterwards. */
async function hashAnew(
  { store, logins, onFailure }: Pick<AdminParts, 'store' | 'logins' | 'onFailure'>,
  { id, passwordHash: from }: UserRow,
  typed: string,
): Promise<string> {
  try {
    const to = await logins.passwords.hash(typed);
    await store.note([{ statement: rehash({ id, from, to }) }]);
    return to;
  } catch (error) {
    onFailure('A password could not be hashed anew', error);
    return from;
  }
}

interface Place {
  readonly organisation: string;
  readonly roles: readonly string[];
}

/** The password was right, so they may be told. */
function placeOf(members: readonly Place[], asked: string | undefined): Place {
  const wanted = asked ?? 'default';
  const place =
    members.find(({ organisation }) => organisation === wanted) ?? (asked === undefined ? members[0] : undefined);
  if (place) return place;
  const say = asked === undefined ? 'You are a member of no organisation.' : 'You are no member of this organisation.';
  throw new AdminError('forbidden', { say });
}

function refresh(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'refreshLogin', method: 'POST', path: '/api/auth/refresh', tag: 'auth', gate: 'public' },
    say: 'The next pair of tokens for a refresh token.',
    body: z.strictObject({ refreshToken: z.string().min(1).max(2_048) }),
    data: z.object(TOKENS),
    errors: ['not_authenticated'],
    example: { body: { refreshToken: '{refreshToken}' } },
    answer: async ({ actor, body }) => ({
      data: shownTokens(await parts.logins.sessions.refresh(actor, body.refreshToken)),
    }),
  });
}

function logout(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'logout', method: 'POST', path: '/api/auth/logout', tag: 'auth', gate: 'session' },
    say: 'Ends this login: neither of its tokens is taken any more.',
    data: z.object({}),
    example: {},
    answer: async ({ actor }) => {
      const { userId = '', sessionId: id = '' } = actor;
      await parts.logins.sessions.end(actor, { userId, id });
      return { data: {} };
    },
  });
}
