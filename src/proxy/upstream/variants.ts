/*
 * The lists that some callers see instead of those that everybody does: per viewer, which is one kind of client of one
 * caller, and there per server and kind.
 *
 * Nearly always there is none, and then asking costs one comparison. What is not here is everybody's.
 */
import type { ClientFacts } from '../../model/call.ts';
import { ENTRY_KINDS, type EntryKind, type EntryList } from '../../model/catalogue.ts';
import { type ListContext, viewerOf } from '../../model/list-context.ts';
import { holderOf, type Principal } from '../../model/principal.ts';
import type { Revision } from '../../model/revision.ts';
import { codecOf } from '../../wire/codecs.ts';
import { openingFingerprint } from './fingerprint.ts';

export type OwnLists = Readonly<Partial<Record<EntryKind, EntryList>>>;

/** Who looks. */
export interface Viewer {
  readonly principal: Principal;
  readonly client: ClientFacts;
  readonly revision: Revision;
}

/** What one viewer sees otherwise than everybody. */
export class Viewpoint {
  /** Rises with every change. */
  version = 0;
  readonly servers = new Map<string, OwnLists>();
}

/** The viewer's part of the contexts in which its lists are read. */
export function contextOf({ principal, client, revision }: Viewer): Omit<ListContext, 'server'> {
  const { asks } = codecOf(revision);
  const capabilities = asks === 'requests' ? client.fingerprint : openingFingerprint(client.capabilities);
  return { credential: '', capabilities, holder: holderOf(principal), asks };
}

export class Variants {
  readonly #byViewer = new Map<string, Viewpoint>();
  /** How many viewpoints there are of each principal: most have none, and are not looked for by name. */
  readonly #holders = new Map<string, number>();

  of(viewer: Viewer): Viewpoint | undefined {
    if (this.#holders.size === 0 || !this.#holders.has(holderOf(viewer.principal))) return undefined;
    return this.#byViewer.get(viewerOf(contextOf(viewer)));
  }

  listsOf(context: ListContext): OwnLists | undefined {
    return this.#byViewer.get(viewerOf(context))?.servers.get(context.server);
  }

  /** Lists of this server that other viewers see: equal ones are kept once. */
  *others({ server }: Pick<ListContext, 'server'>, kind: EntryKind): Generator<EntryList> {
    for (const { servers } of this.#byViewer.values()) {
      const list = servers.get(server)?.[kind];
      if (list) yield list;
    }
  }

  /** Gives the kinds that are not what they were. Without lists the viewer sees what everybody does. */
  put(context: ListContext, lists: OwnLists): readonly EntryKind[] {
    const before = this.listsOf(context) ?? {};
    const kinds = ENTRY_KINDS.filter((kind) => before[kind] !== lists[kind]);
    if (kinds.length === 0) return kinds;
    const viewpoint = this.#viewpointOf(context);
    viewpoint.version += 1;
    if (Object.keys(lists).length > 0) viewpoint.servers.set(context.server, lists);
    else viewpoint.servers.delete(context.server);
    if (viewpoint.servers.size === 0) this.#forget(context);
    return kinds;
  }

  #viewpointOf(context: ListContext): Viewpoint {
    const known = this.#byViewer.get(viewerOf(context));
    if (known) return known;
    const viewpoint = new Viewpoint();
    this.#byViewer.set(viewerOf(context), viewpoint);
    this.#holders.set(context.holder, (this.#holders.get(context.holder) ?? 0) + 1);
    return viewpoint;
  }

  #forget(context: ListContext): void {
    this.#byViewer.delete(viewerOf(context));
    const left = (this.#holders.get(context.holder) ?? 1) - 1;
    if (left > 0) this.#holders.set(context.holder, left);
    else this.#holders.delete(context.holder);
  }
}
