/*
 * How long, and for whom, what several servers said is good together (MCP 2026-07-28, Server › Utilities › Caching): the
 * least that any of them says. Of a server that is missing nothing is known, and it may come at any time.
 */
import { type CacheHint, isShown } from '../../model/catalogue.ts';
import type { View } from '../policy/view.ts';
import { narrower, UNKNOWN_HINT } from '../upstream/freshness.ts';

export function togetherOf({ servers }: Pick<View, 'servers'>, hintOf: (server: string) => CacheHint): CacheHint {
  let together: CacheHint | undefined;
  for (const { definition, catalogue } of servers) {
    const hint = isShown(catalogue) ? hintOf(definition.name) : UNKNOWN_HINT;
    together = together ? narrower(together, hint) : hint;
  }
  return together ?? UNKNOWN_HINT;
}
