/*
 * Why a server is not usable, in words for the operator: what failed, what the system said, and the last thing the
 * server's own process said. Never shown to clients.
 */
import type { GatewayError } from '../../model/errors.ts';

const LENGTH_MAX = 300;
/** What transports know about a failure, in the order in which it is worth saying. */
const TOLD = ['why', 'detail', 'status', 'code', 'protocolVersion', 'error'] as const;

export function reasonOf(error: GatewayError, lastWords: string): string {
  const told = TOLD.flatMap((name) => {
    const value = error.internal[name];
    if (value === undefined || value === null) return [];
    if (value instanceof Error) return [(value as NodeJS.ErrnoException).code ?? value.name];
    return [typeof value === 'string' ? value : `${name} ${JSON.stringify(value)}`];
  });
  if (lastWords !== '') told.push(`last words: ${lastWords}`);
  return told.length === 0 ? error.message : `${error.message} (${told.join('; ').slice(0, LENGTH_MAX)})`;
}
