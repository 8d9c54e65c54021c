/*
 * Another configuration takes the place of the one that was started with: all of it, or nothing. A part of the composition
 * root, for it joins what is decided and what goes by it.
 */
import type { Config } from './config/config.ts';
import { NOTHING_STORED, nextSnapshot } from './config/snapshot.ts';
import { needsRestart } from './config/static-settings.ts';
import type { GatewayReport } from './model/operator.ts';
import type { Logger } from './ops/log.ts';
import { type FollowParts, follow } from './proxy/follow.ts';
import type { Followed } from './proxy/upstream/upstreams.ts';

/** What another configuration changed. */
export interface Applied extends Followed {
  /** False when nothing is otherwise than before. */
  readonly changed: boolean;
  /** Of the snapshot that holds now. */
  readonly version: number;
  /** Fields that hold from the next start on. */
  readonly restart: readonly string[];
}

/** What the operator is told of the gateway, as it comes to be known. */
export type About = { -readonly [Field in keyof GatewayReport]: GatewayReport[Field] };

/** How another configuration takes the place of the one that was started with. */
export function reloads(plane: FollowParts, started: Config, about: About, log: Logger) {
  let before = started;
  return {
    apply: async (config: Config): Promise<Applied> => {
      const made = { config: before, stored: NOTHING_STORED, snapshot: plane.current.now };
      const next = nextSnapshot(made, config, NOTHING_STORED);
      before = config;
      const restart = needsRestart(started, config);
      const changed = next !== plane.current.now || about.faults.length > 0 || restart.length > 0;
      const applied = { changed, version: next.version, restart, ...(await follow(plane, next)) };
      about.faults = [];
      if (changed) log.info(applied, 'configuration reloaded');
      return applied;
    },
    refused: (faults: readonly string[]) => {
      about.faults = faults;
      log.warn({ faults }, 'configuration not reloaded; what was before goes on');
    },
  };
}
