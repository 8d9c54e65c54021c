/*
 * Another configuration takes the place of the one that was started with: all of it, or nothing. A part of the composition
 * root, for it joins what is decided and what goes by it. What is stored goes the same way (`publishing.ts`).
 */
import type { Config } from './config/config.ts';
import { needsRestart } from './config/static-settings.ts';
import type { AppliedFile } from './control/publish/publishing.ts';
import type { GatewayReport } from './model/operator.ts';
import type { Logger } from './ops/log.ts';
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
export function reloads(
  apply: (config: Config) => Promise<AppliedFile<Followed>>,
  started: Config,
  about: About,
  log: Logger,
) {
  return {
    apply: async (config: Config): Promise<Applied> => {
      const { before, next, swapped } = await apply(config);
      const restart = needsRestart(started, config);
      const changed = next !== before || about.faults.length > 0 || restart.length > 0;
      const applied = { changed, version: next.version, restart, ...swapped };
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
