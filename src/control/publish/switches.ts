/*
 * The rows of the overlay as the data plane goes by them. What a row says in words that are not known is taken at its worst:
 * an unknown state as `disabled`, an unknown kind as each kind that there is.
 */
import { killedAs, NO_OVERLAY, type Overlay } from '../../model/overlay.ts';
import type { PublishedRows } from '../store/queries/published.ts';
import type { Rows } from './rows.ts';

const KINDS: ReadonlySet<string> = new Set(['server', 'tool', 'principal', 'key']);

export function overlayOf(rows: Rows['overlay']): Overlay {
  if (rows.size === 0) return NO_OVERLAY;
  const sorted = [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const rowsOf = (kind: string) => sorted.filter((row) => isOf(row, kind));
  const targets = (kind: string) => new Set(rowsOf(kind).map(({ target }) => target));
  return {
    servers: serversOf(rowsOf('server')),
    tools: targets('tool'),
    // Who manages one organisation takes nothing from anybody in another.
    principals: new Set(rowsOf('principal').map(({ target, organisation }) => killedAs(target, organisation))),
    keys: targets('key'),
  };
}

type OverlayRow = PublishedRows['overlay'];

function isOf({ kind }: OverlayRow, asked: string): boolean {
  return kind === asked || !KINDS.has(kind);
}

/** Of two rows about one server the harder one holds. */
function serversOf(rows: readonly OverlayRow[]): Overlay['servers'] {
  const servers = new Map<string, { readonly state: 'disabled' | 'maintenance'; readonly reason: string }>();
  for (const { target, state, reason } of rows) {
    if (servers.get(target)?.state === 'disabled') continue;
    servers.set(target, { state: state === 'maintenance' ? 'maintenance' : 'disabled', reason });
  }
  return servers;
}
