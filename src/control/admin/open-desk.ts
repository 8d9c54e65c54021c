/*
 * The desk of a gateway: the routes and what they are made from, the store's word on who somebody is, and the audit of what was
 * refused. The composition root has the rest; a test has a store and nothing else.
 */
import type { Emit } from '../../model/event.ts';
import type { LimitName, Limits } from '../../model/limits.ts';
import { Denials } from '../collect/denials.ts';
import { keepsRefused } from '../collect/refused-acts.ts';
import type { AdminAppParts } from './app.ts';
import { adminDesk, type Desk } from './desk.ts';
import type { AdminParts } from './parts.ts';

export interface DeskParts extends Omit<AdminParts, 'onLimit'> {
  /** The strict reader of the data plane: why these bytes are not one JSON document with one meaning. */
  readonly jsonFault: (bytes: Buffer, limits: Limits) => string | undefined;
  readonly emit: Emit;
}

/** What is still to be written when it closes has this long. */
const WRITE_MS = 2_000;

export function openDesk(parts: DeskParts): Desk {
  const { store, limits, emit, onFailure } = parts;
  const onLimit = (limit: LimitName) => emit({ type: 'limit_hit', limit, principal: '' });
  const denials = new Denials({ store, limits, onLimit, onFailure });
  const desk = adminDesk(() => appParts(parts, { onLimit, onRefused: keepsRefused(denials.add) }));
  return {
    ...desk,
    close: async () => {
      await desk.close();
      await denials.close(WRITE_MS);
    },
  };
}

async function appParts(parts: DeskParts, told: Pick<AdminAppParts, 'onLimit' | 'onRefused'>): Promise<AdminAppParts> {
  const { adminRoutes } = await import('./routes.ts');
  const { knowsOrganisation } = await import('./people/file-organisations.ts');
  const { logins, limits, jsonFault, onFailure } = parts;
  return {
    ...{ ...told, limits, onFailure },
    routes: adminRoutes({ ...parts, onLimit: told.onLimit }),
    credentials: logins.credentials,
    jsonFault: (bytes) => jsonFault(bytes, limits()),
    knowsOrganisation: (name) => knowsOrganisation(parts, name),
  };
}
