/*
 * Explains by what people decided alone: nobody listens, no server is begun, and of what servers have only that is known
 * which is remembered from when they ran last.
 */
import { defaultLimits } from '../../model/limits.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { type AuthParts, buildAuth } from '../auth/build.ts';
import { Views } from '../policy/view.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { type ListFiles, ListMemory, type ListMemoryParts } from '../upstream/list-memory.ts';
import { type Explain, explainer } from './explain.ts';

export interface ByFileParts extends Pick<AuthParts, 'proxyOf' | 'now'> {
  readonly files: Pick<ListFiles, 'load'>;
  /** Where the file would have it listen. */
  readonly at: { readonly host: string; readonly port: number; readonly tls?: object | undefined };
  /** Monotonic. */
  readonly clock: () => number;
}

export async function explainerByFile(decided: Snapshot, parts: ByFileParts): Promise<Explain> {
  const { proxyOf, now, clock } = parts;
  const snapshot = () => decided;
  const wheel = new TimerWheel(clock);
  const emit = () => {};
  const catalogues = new Catalogues();
  await recall(decided, { catalogues, wheel, emit, files: parts.files });
  const auth = buildAuth({
    ...{ snapshot, wheel, emit, now, proxyOf, limits: defaultLimits },
    ...{ listener: () => urlOf(parts.at), onFailure: () => {} },
  });
  return explainer({ snapshot, now, ...auth, catalogues, views: new Views(snapshot, catalogues), serversRun: false });
}

type Memory = Pick<ListMemoryParts, 'catalogues' | 'wheel' | 'emit'> & Pick<ByFileParts, 'files'>;

/** Read, and never written: another gateway may be using them. */
function recall({ servers }: Snapshot, { files, ...memory }: Memory): Promise<void> {
  const readOnly = { load: files.load, save: async () => {} };
  return new ListMemory({ ...memory, files: readOnly }).recall(servers.values());
}

function urlOf({ host, port, tls }: ByFileParts['at']): string {
  return `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
