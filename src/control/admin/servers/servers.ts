/*
 * Everything about servers in the admin API.
 *
 *   server-input   what is taken        server-draft     as it would be stored    server-checks   whether it may be
 *   server-records what is known        server-changes   what is written          server-view     what is shown
 *   server-list, server-edit, server-switches, server-trials, server-live         the routes
 *
 * and about what stands around them: endpoints and toolsets (`endpoints.ts`), forward tokens (`forward-tokens.ts`).
 */

import type { AdminParts } from '../parts.ts';
import type { AdminRoute } from '../route.ts';
import { endpointRoutes } from './endpoints.ts';
import { forwardTokenRoutes } from './forward-tokens.ts';
import { serverEditRoutes } from './server-edit.ts';
import { serverListRoutes } from './server-list.ts';
import { serverLiveRoutes } from './server-live.ts';
import { serverSwitchRoutes } from './server-switches.ts';
import { serverTrialRoutes } from './server-trials.ts';

export function serverRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [
    ...serverListRoutes(parts),
    ...serverEditRoutes(parts),
    ...serverSwitchRoutes(parts),
    ...serverTrialRoutes(parts),
    ...serverLiveRoutes(parts),
    ...endpointRoutes(parts),
    ...forwardTokenRoutes(parts),
  ];
}
