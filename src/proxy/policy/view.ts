/*
 * An endpoint as one caller sees it: which names exist, whose they are, and the lists as bytes.
 *
 * A view is compiled from (snapshot, catalogue, endpoint, rights) and kept until one of them changes, so that a warm
 * decision is one map look-up and a warm list is ready text. Every entry has passed `decide`; the map and the lists come
 * out of the same loop, so they cannot disagree.
 */
import type { Target, VisibleServer } from '../../model/call.ts';
import { ENTRY_KINDS, type EntryKind, isShown } from '../../model/catalogue.ts';
import type { Principal } from '../../model/principal.ts';
import type { EndpointDefinition, Snapshot } from '../../model/snapshot.ts';
import { splice } from '../../wire/json/splice.ts';
import type { Catalogues } from '../upstream/catalogues.ts';
import { decide, rightsOf } from './decide.ts';
import { publicKey, splitName, splitUri } from './naming.ts';

export interface Admitted {
  readonly target: Target;
  readonly rule: string;
}

export interface View {
  readonly endpoint: EndpointDefinition;
  readonly servers: readonly VisibleServer[];
  /** What a public name of this kind stands for. */
  readonly byKey: Readonly<Record<EntryKind, ReadonlyMap<string, Admitted>>>;
  /** Entries of servers that are shown, in list order, under their public names. */
  readonly entries: Readonly<Record<EntryKind, readonly Buffer[]>>;
}

export class Views {
  readonly #snapshot: () => Snapshot;
  readonly #catalogues: Catalogues;
  #from: Snapshot | undefined;
  #version = -1;
  /** By rights, then by endpoint. */
  #views = new Map<string, Map<string, View>>();

  constructor(snapshot: () => Snapshot, catalogues: Catalogues) {
    this.#snapshot = snapshot;
    this.#catalogues = catalogues;
  }

  /** Undefined when the endpoint does not exist for this caller. */
  of(endpoint: string, principal: Principal): View | undefined {
    const snapshot = this.#snapshot();
    if (snapshot !== this.#from || this.#catalogues.version !== this.#version) {
      this.#from = snapshot;
      this.#version = this.#catalogues.version;
      this.#views = new Map();
    }
    const rights = rightsOf(principal);
    const known = this.#views.get(rights)?.get(endpoint);
    if (known) return known;
    const definition = snapshot.endpoints.get(endpoint);
    if (!definition) return undefined;
    const view = compile(definition, this.#serversOf(definition, snapshot), principal);
    const views = this.#views.get(rights) ?? new Map<string, View>();
    this.#views.set(rights, views.set(endpoint, view));
    return view;
  }

  #serversOf(endpoint: EndpointDefinition, snapshot: Snapshot): VisibleServer[] {
    return endpoint.servers.flatMap((name) => {
      const definition = snapshot.servers.get(name);
      return definition ? [{ definition, catalogue: this.#catalogues.of(name) }] : [];
    });
  }
}

function compile(endpoint: EndpointDefinition, servers: readonly VisibleServer[], principal: Principal): View {
  const byKey = { tools: new Map(), prompts: new Map(), resources: new Map(), templates: new Map() };
  const entries = { tools: [], prompts: [], resources: [], templates: [] };
  for (const server of servers) {
    for (const kind of ENTRY_KINDS) admitAll({ endpoint, server, kind, principal }, byKey[kind], entries[kind]);
  }
  return { endpoint, servers, byKey, entries };
}

interface Source {
  readonly endpoint: EndpointDefinition;
  readonly server: VisibleServer;
  readonly kind: EntryKind;
  readonly principal: Principal;
}

function admitAll(source: Source, byKey: Map<string, Admitted>, entries: Buffer[]): void {
  const { server, kind, endpoint } = source;
  const { definition, catalogue } = server;
  for (const entry of catalogue.lists[kind].entries) {
    const decision = decide(source.principal, definition, kind, entry.key);
    if (!decision.allow) continue;
    const key = publicKey(endpoint, kind, definition.name, entry.key);
    if (byKey.has(key)) continue;
    const target = { kind, server: definition.name, key: entry.key, headerParams: entry.headerParams };
    byKey.set(key, { target, rule: decision.rule });
    if (!isShown(catalogue)) continue;
    entries.push(
      key === entry.key ? entry.bytes : splice(entry.bytes, [{ ...entry.keySpan, put: JSON.stringify(key) }]),
    );
  }
}

/** What a call means by a name that no list has: a resource nobody listed, or anything of a server not known yet. */
export function admitUnlisted(view: View, kind: EntryKind, name: string, principal: Principal): Admitted | undefined {
  const named = kind === 'tools' || kind === 'prompts';
  const { server, key } = named ? splitName(view.endpoint, name) : splitUri(view.endpoint.naming, name);
  const owner =
    view.endpoint.naming === 'transparent'
      ? view.servers[0]
      : view.servers.find((visible) => visible.definition.name === server);
  if (!owner) return undefined;
  if (named && owner.catalogue.version > 0 && isShown(owner.catalogue)) return undefined;
  const decision = decide(principal, owner.definition, kind, key);
  if (!decision.allow) return undefined;
  return { target: { kind, server: owner.definition.name, key, headerParams: [] }, rule: decision.rule };
}
