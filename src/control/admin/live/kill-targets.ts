/*
 * What the kill switch may be thrown on, and by whom: only what the actor's own organisation has, never what the actor comes by,
 * and nobody who manages more than they do.
 */
import { AdminError } from '../../../model/admin-errors.ts';
import { KEY_ID } from '../../../model/key-text.ts';
import type { Snapshot } from '../../../model/snapshot.ts';
import { inTable } from '../../../model/table.ts';
import type { Actor } from '../../actor.ts';
import { keys } from '../../store/queries/people.ts';
import type { AdminParts } from '../parts.ts';

export const KILL_KINDS = ['principal', 'key', 'server', 'tool'] as const;
export type KillKind = (typeof KILL_KINDS)[number];

type Parts = Pick<AdminParts, 'publisher' | 'store'>;

/** In a path a target stands as it is, or as `~` and its base64url. */
export function targetIn(written: string): string {
  if (!written.startsWith('~')) return written;
  const text = Buffer.from(written.slice(1), 'base64url').toString();
  const isWhole = Buffer.from(text).toString('base64url') === written.slice(1);
  return isWhole ? text : written;
}

/** Throws `not_found` for what the organisation has not, `conflict` for oneself, `forbidden` for who is above. */
export async function checkTarget(parts: Parts, actor: Actor, kind: KillKind, target: string): Promise<void> {
  const found = await CHECKS[kind](parts, actor, target);
  if (!found) throw new AdminError('not_found');
  if (found.isSelf)
    throw new AdminError('conflict', { say: 'This is who you are; you would lock yourself out. Ask somebody else.' });
  if (found.isAbove && !actor.rights.has('system'))
    throw new AdminError('forbidden', { say: 'Only a system_admin does this to a system_admin.' });
}

interface Found {
  readonly isSelf: boolean;
  readonly isAbove: boolean;
}

const PLAIN: Found = { isSelf: false, isAbove: false };

const CHECKS: Readonly<Record<KillKind, (parts: Parts, actor: Actor, target: string) => Promise<Found | undefined>>> = {
  server: async ({ publisher }, { organisation }, target) =>
    publisher.servers().get(target)?.organisation === organisation ? PLAIN : undefined,
  tool: async ({ publisher }, { organisation }, target) => {
    const dot = target.indexOf('.');
    const isNamed = dot > 0 && dot < target.length - 1;
    return isNamed && publisher.servers().get(target.slice(0, dot))?.organisation === organisation ? PLAIN : undefined;
  },
  key: (parts, actor, target) => keyFound(parts, actor, target),
  principal: async (parts, actor, target) => {
    if (target.startsWith('key:')) return keyFound(parts, actor, target.slice('key:'.length));
    return principalFound(parts.publisher.snapshot(), actor, target);
  },
};

async function keyFound({ publisher, store }: Parts, actor: Actor, id: string): Promise<Found | undefined> {
  if (!KEY_ID.test(id)) return undefined;
  const isSelf = actor.id === `key:${id}`;
  const { identity, people } = publisher.snapshot();
  const ofFile = identity.keys.find((key) => key.id === id);
  if (ofFile)
    return ofFile.organisation === actor.organisation ? { isSelf, isAbove: isAbove(ofFile.roles) } : undefined;
  const [row] = await store.read(keys.having(actor, { keyId: id }));
  const known = row && inTable(people.keys, row.sha256);
  const user = known && inTable(people.users, known.user);
  return row && { isSelf, isAbove: isAbove(user?.memberships.get(actor.organisation) ?? []) };
}

function principalFound({ identity, people }: Snapshot, actor: Actor, id: string): Found | undefined {
  const { organisation } = actor;
  const isOf = (one: { readonly organisation: string } | undefined) => one?.organisation === organisation;
  const user = id.startsWith('user:') ? inTable(people.users, id.slice('user:'.length)) : undefined;
  const roles = user?.memberships.get(organisation);
  if (roles) return { isSelf: actor.id === id || actor.username === user?.name, isAbove: isAbove(roles) };
  const token = identity.tokens.find(({ name }) => id === `token:${name}`);
  if (isOf(token)) return { isSelf: false, isAbove: isAbove(token?.roles ?? []) };
  // Whoever an issuer knows may act here one day; where they act elsewhere nothing is taken from them.
  return identity.issuers.some(({ issuer }) => id.startsWith(`${issuer}|`)) ? PLAIN : undefined;
}

function isAbove(roles: readonly string[]): boolean {
  return roles.includes('system_admin');
}
