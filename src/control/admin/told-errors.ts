/*
 * Which errors a route can answer with: those that follow from what it takes and whom it lets in, and those that it names.
 */
import { ADMIN_ERRORS, type AdminErrorName } from '../../model/admin-errors.ts';
import type { AdminRoute } from './route.ts';

export function errorsOf({ gate, params, body, ifMatch, errors = [] }: AdminRoute): readonly AdminErrorName[] {
  const names = new Set<AdminErrorName>(['parameter_wrong']);
  const add = (when: boolean, ...more: readonly AdminErrorName[]) => {
    if (when) for (const name of more) names.add(name);
  };
  add(gate !== 'public', 'not_authenticated', 'forbidden');
  add(params !== undefined, 'not_found');
  add(body !== undefined, 'media_type', 'body_too_large');
  add(ifMatch === true, 'changed_meanwhile', 'if_match_missing');
  add(true, ...errors, 'limited', 'internal', 'timed_out', 'unavailable');
  return [...names].sort((a, b) => ADMIN_ERRORS[a].http - ADMIN_ERRORS[b].http || (a < b ? -1 : 1));
}
