/*
 * What of the data plane's events and failures goes to the log, and how loudly.
 */
import type { Call } from '../model/call.ts';
import { type GatewayError, isCallersFailure } from '../model/errors.ts';
import type { Event } from '../model/event.ts';
import type { LimitName } from '../model/limits.ts';
import type { Logger } from './log.ts';

export function logEvent(log: Logger, event: Event): void {
  if (event.type === 'call') log.info(event, 'call');
  else if (event.type === 'server_state') log[event.state === 'crashed' ? 'warn' : 'info'](event, 'server state');
  else if (event.type === 'oddity') log.debug(event, 'oddity');
  else if (event.type === 'credential_refused') log[event.slowed ? 'warn' : 'debug'](event, 'credential refused');
  else if (event.type === 'credential_ended')
    log.info(event, 'ended what was open: its credential does not hold any more');
  else if (event.type === 'limit_hit') log[EVERYDAY.has(event.limit) ? 'debug' : 'warn'](event, 'limit hit');
}
/** Hit by clients that simply leave, by anybody who can reach the port, by programs that start slowly: no news. */
const EVERYDAY: ReadonlySet<LimitName> = new Set([
  ...(['sessionIdleMs', 'headTimeoutMs', 'bodyTimeoutMs', 'discoverTimeoutMs'] as const),
  ...(['headerCountMax', 'headerBytesMax', 'urlBytesMax', 'failedAuthenticationsMax', 'failedAddressesMax'] as const),
]);

/** Which call it is, as the other lines about it say. */
export function aboutCall({ message, endpoint, verdict }: Call): Readonly<Record<string, unknown>> {
  return { method: message.method, endpoint, requestId: 'request' in verdict ? verdict.request.id : '' };
}

/** What a caller did wrong is for `debug`; what went wrong behind us is a warning; a bug is an error. */
export function logFailure(log: Logger, error: GatewayError, where: Readonly<Record<string, unknown>>): void {
  const fields = { ...where, code: error.code, internal: error.internal };
  if (error.code === 'internal') log.error({ ...fields, err: error.cause ?? error }, 'internal error');
  else if (isCallersFailure(error.code)) log.debug(fields, error.message);
  else log.warn(fields, error.message);
}
