/*
 * Whether a gateway may listen where it is told to: what can be reached from other machines asks who they are.
 *
 * The address may come from the command line, so this is asked when that is known.
 */
import { isLoopback } from './loopback.ts';
import type { Fault } from './problem.ts';
import { listOf, mapOf, type Raw } from './raw.ts';

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 9000;

type Words = Pick<Fault, 'say' | 'suggestion'>;

/** Anyone who can reach the port would act as the local user; so a reachable port without authentication does not start. */
export function listenFault(host: string, file: Raw): Words | undefined {
  if (isLoopback(host) || asksForCredentials(file)) return undefined;
  return {
    say: `${host} can be reached from other machines, and no authentication is configured.`,
    suggestion:
      'Add a token under "auth.tokens" (or "keys" or "issuers"), write "auth.required: true" for keys of the store, or listen on 127.0.0.1.',
  };
}

/** Servers that ask for no credential where others can come in, without the word that this is meant. */
export function openServerFaults(host: string, file: Raw): Fault[] {
  if (isLoopback(host)) return [];
  return Object.entries(mapOf(file.servers)).flatMap(([server, entry]) => {
    const { tokens, allowAnonymous } = mapOf(mapOf(entry).auth);
    if (!Array.isArray(tokens) || tokens.length > 0 || allowAnonymous === true) return [];
    return {
      path: ['servers', server, 'auth', 'tokens'],
      say: `An empty list lets everybody call this server, and ${host} can be reached from other machines.`,
      suggestion: 'Remove it to use the tokens of "auth", or write "allowAnonymous: true" beside it.',
    };
  });
}

function asksForCredentials({ auth, servers }: Raw): boolean {
  const { required, tokens, keys, issuers } = mapOf(auth);
  if (required === true) return true;
  const own = Object.values(mapOf(servers)).flatMap((entry) => listOf(mapOf(mapOf(entry).auth).tokens));
  return [tokens, keys, issuers, own].some((list) => listOf(list).length > 0);
}
