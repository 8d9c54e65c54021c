/*
 * Users: their accounts, seen by who manages an organisation of theirs, and changed by who may (`account-rules.ts`).
 */
import { z } from 'zod';
import { AdminError } from '../../../model/admin-errors.ts';
import { usersSeen } from '../../store/queries/accounts.ts';
import { listData, listed, listQuery, pageAsked, placeOf } from '../kit/list.ts';
import { BY_ID } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { accountManaged, accountSeen } from './account-rules.ts';
import { createAccount, deleteAccount, resetPassword, updateAccount } from './account-writes.ts';
import { displayName, email, password, roleNames, username } from './people-words.ts';
import { accountsOf, accountView, fileUsers, type ShownAccount, USER } from './user-view.ts';

export function userRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [list(parts), create(parts), get(parts), update(parts), remove(parts), reset(parts)];
}

const PATH = '/api/v1/users';
const ONE = { path: `${PATH}/{id}`, tag: 'users', gate: 'manage', params: BY_ID } as const;

const SORTS = { username: 'username', createdAt: 'createdAtMs', updatedAt: 'updatedAtMs' } as const;
const FILTERS = {
  search: z.string().min(1).max(200).optional().describe('A part of the user name, the display name or the address.'),
  username: z.string().max(256).optional().describe('The user name itself.'),
  disabled: z.enum(['true', 'false']).optional(),
  origin: z.enum(['file', 'store']).optional(),
};
const QUERY = listQuery(SORTS, FILTERS);

function list(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'listUsers', method: 'GET', path: PATH, tag: 'users', gate: 'manage' },
    say: 'Users who belong to the organisation or are members of it.',
    query: QUERY,
    data: listData(USER),
    example: { query: { search: 'a', sort: '-createdAt' } },
    answer: async ({ actor, query }) => {
      const page = pageAsked(query, SORTS);
      const rows =
        query.origin === 'file' ? [] : await parts.store.read(usersSeen(actor, { ...page, ...filtersOf(query) }));
      const accounts = await accountsOf(parts, rows);
      const stored = accounts.map((account) => placed(accountView(actor, account), account.user));
      const ofFile = query.origin === 'store' ? [] : fileUsers(parts, actor).filter((shown) => fits(shown, query));
      return {
        data: listed(
          { ...page, stored, ofFile: ofFile.map((shown) => placed(shown)) },
          placeOf(page),
          ({ shown }) => shown,
        ),
      };
    },
  });
}

type Asked = z.infer<typeof QUERY>;

/** What the file defines is older than everything stored. */
function placed(shown: ShownAccount, { createdAtMs, updatedAtMs } = { createdAtMs: 0, updatedAtMs: 0 }) {
  return { id: shown.id, username: shown.username, createdAtMs, updatedAtMs, shown };
}

function filtersOf({ search, username, disabled }: Asked) {
  return {
    equal: {
      ...(username === undefined ? {} : { username }),
      ...(disabled === undefined ? {} : { disabled: disabled === 'true' ? 1 : 0 }),
    },
    contains:
      search === undefined ? undefined : { columns: ['username', 'displayName', 'email'] as const, text: search },
  };
}

function fits(shown: ShownAccount, { search, username, disabled }: Asked): boolean {
  if (disabled === 'true' || (username !== undefined && username !== shown.username)) return false;
  return search === undefined || shown.username.toLowerCase().includes(search.toLowerCase());
}

const CREATE = z.strictObject({
  username: username(),
  displayName: displayName().optional(),
  email: email().optional(),
  password: password().optional().describe('Unless given, one is made that is good for one login, and answered once.'),
  mustChangePassword: z.boolean().optional().describe('True unless told; always for a password that is made.'),
  roles: roleNames().optional().describe('In this organisation. Only roles that you hold. Default `["user"]`.'),
});

const ONCE = z.string().optional().describe('Shown this once: nobody can show it again.');
const MADE = USER.extend({ oneTimePassword: ONCE });

function create(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'createUser', method: 'POST', path: PATH, tag: 'users', gate: 'manage', status: 201, credentials: true },
    say: 'A new user, who is a member of this organisation.',
    body: CREATE,
    data: MADE,
    errors: ['conflict', 'limited'],
    example: { body: { username: 'grace', displayName: 'Grace', roles: ['user'] } },
    answer: async ({ actor, body }) => {
      const { id, oneTimePassword } = await createAccount(parts, actor, body);
      const shown = accountView(actor, await accountSeen(parts, actor, id));
      return { data: { ...shown, oneTimePassword }, version: shown.version };
    },
  });
}

function get(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'getUser', method: 'GET' },
    say: 'One user.',
    data: USER,
    example: { params: { id: '{userId}' } },
    answer: async ({ actor, params }) => {
      const ofFile = fileUsers(parts, actor).find(({ id }) => id === params.id);
      const shown = ofFile ?? accountView(actor, await accountSeen(parts, actor, params.id));
      return { data: shown, version: shown.version };
    },
  });
}

const UPDATE = z.strictObject({
  displayName: displayName().optional(),
  email: email().optional(),
  disabled: z.boolean().optional().describe('True ends all logins of the user, and no key of theirs is taken.'),
});

function update(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'updateUser', method: 'PATCH', ifMatch: true, credentials: true },
    say: 'Changes the fields that are given.',
    body: UPDATE,
    data: USER,
    errors: ['read_only', 'conflict'],
    example: { params: { id: '{userId}' }, body: { displayName: 'Grace H.' } },
    answer: async ({ actor, params, body, ifMatch }) => {
      refuseOfFile(params.id);
      const account = await accountManaged(parts, actor, params.id);
      await updateAccount(parts, actor, account, { set: body, ifMatch });
      const shown = accountView(actor, await accountSeen(parts, actor, params.id));
      return { data: shown, version: shown.version };
    },
  });
}

function remove(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'deleteUser', method: 'DELETE', ifMatch: true, credentials: true },
    say: 'Deletes a user with their memberships, keys, forward tokens and logins.',
    more: 'Servers that they own become those of their organisation: nobody who gets the same name later owns them.',
    data: z.object({}),
    errors: ['read_only', 'conflict'],
    example: { params: { id: '{userId}' } },
    answer: async ({ actor, params, ifMatch }) => {
      refuseOfFile(params.id);
      await deleteAccount(parts, actor, await accountManaged(parts, actor, params.id), ifMatch);
      return { data: {} };
    },
  });
}

function reset(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'resetPassword', method: 'POST', path: `${PATH}/{id}/password`, credentials: true },
    say: 'Another password for a user who has lost theirs. Ends all their logins.',
    body: z.strictObject({ password: password().optional().describe('Unless given, one is made, and answered once.') }),
    data: z.object({ oneTimePassword: ONCE }),
    errors: ['read_only', 'limited'],
    example: { params: { id: '{userId}' }, body: {} },
    answer: async ({ actor, params, body }) => {
      refuseOfFile(params.id);
      const account = await accountManaged(parts, actor, params.id);
      return { data: await resetPassword(parts, actor, account, body.password) };
    },
  });
}

function refuseOfFile(id: string): void {
  if (id.startsWith('file.user.')) throw new AdminError('read_only');
}
