/*
 * Kinds of value in what the admin API is told about people, and what is shown of them.
 */
import { z } from 'zod';
import { line } from '../../../config/fields.ts';
import { personName, plainName } from '../../../config/fields-auth.ts';

/**
 * In small letters, so that no two differ in those alone, and without anything that would mean more in an id, a pattern or a
 * header: it is what servers are owned under.
 */
export const USERNAME = /^[a-z0-9](?:[a-z0-9._@+-]{0,126}[a-z0-9])?$/;

export const username = () =>
  z
    .string()
    .regex(USERNAME, 'Small letters, digits and . _ @ + - between them; at most 128.')
    .describe('Never changes. Servers are owned under it.');

/** What somebody typed who may not remember how it was written. */
export const typedUsername = () => z.string().min(1).max(128);

export const displayName = () => z.union([z.literal(''), line(256)]).describe('For people.');

export const email = () => z.union([z.literal(''), z.email().max(254)]).describe('For people; nothing is sent there.');

/** Whether it is one that is taken says `password-rules.ts`; this is what anybody looks at at all. */
export const password = () => z.string().min(1).max(1_024);

export const organisationName = () => plainName().describe('The name of an organisation.');

export const roleNames = () => z.array(personName()).max(100);

export const USER_SHOWN = z.object({
  id: z.string(),
  username: z.string(),
  displayName: z.string(),
  email: z.string(),
});

export const MEMBER_OF = z.object({ organisation: z.string(), roles: z.array(z.string()) });

/** The fold of user names: ASCII alone, which is all that they have. */
export function usernameOf(typed: string): string {
  return typed.trim().toLowerCase();
}
