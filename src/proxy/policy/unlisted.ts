/*
 * What a call means by a name that no list has: a resource that nobody listed, or anything of a server whose lists are not
 * known yet. For names the answer is a guess that is only good enough to know whom to wait for: once the server is there,
 * the view is asked again (`Readmit`).
 */
import type { VisibleServer } from '../../model/call.ts';
import { type EntryKind, isShown } from '../../model/catalogue.ts';
import { decide, type Refusal } from './decide.ts';
import { toolAddress } from './filter.ts';
import { splitName, splitUri } from './naming.ts';
import type { Admitted } from './share.ts';
import type { View } from './view.ts';

/** Whose the name would be if it were anybody's: only their lists are worth another look. */
export function candidatesFor(view: View, kind: EntryKind, name: string): readonly string[] {
  const named = kind === 'tools' || kind === 'prompts';
  const { naming } = view.endpoint;
  const servers = view.servers.map(({ definition }) => definition.name);
  if (naming === 'transparent' || (named && naming !== 'prefixed')) return servers;
  const renamed = kind === 'tools' ? renamedTool(view, name) : undefined;
  if (renamed) return [renamed.owner.definition.name];
  const { server } = named ? splitName(view.endpoint, name) : splitUri(naming, name);
  return server !== undefined && servers.includes(server) ? [server] : [];
}

interface Guess {
  readonly owner: VisibleServer;
  readonly key: string;
}

export function admitUnlisted(view: View, kind: EntryKind, name: string): Admitted | undefined {
  const found = decided(view, kind, name);
  return found && found.decision.answer !== 'no' ? found : undefined;
}

/** Why a name that could be somebody's is not this caller's; for operators. */
export function refusedUnlisted(view: View, kind: EntryKind, name: string): Refusal | undefined {
  const decision = decided(view, kind, name)?.decision;
  return decision?.answer === 'no' ? decision : undefined;
}

function decided(view: View, kind: EntryKind, name: string): Admitted | undefined {
  const named = kind === 'tools' || kind === 'prompts';
  const guess = named ? nameOf(view, kind, name) : uriOf(view, name);
  if (!guess || (named && isKnown(guess.owner))) return undefined;
  const { owner, key } = guess;
  const server = owner.definition;
  const decision = decide(view.rights, { endpoint: view.endpoint, server }, kind, key);
  return { target: { kind, server: server.name, key, headerParams: [], outputWrapped: false }, decision };
}

function isKnown({ catalogue }: VisibleServer): boolean {
  return catalogue.version > 0 && isShown(catalogue);
}

function uriOf(view: View, uri: string): Guess | undefined {
  const { server, key } = splitUri(view.endpoint.naming, uri);
  return guessOf(view, server, key);
}

function nameOf(view: View, kind: EntryKind, name: string): Guess | undefined {
  const { endpoint } = view;
  const renamed = kind === 'tools' ? renamedTool(view, name) : undefined;
  if (renamed) return renamed;
  const { server, key } = splitName(endpoint, name);
  const guess =
    endpoint.naming === 'plain' || endpoint.naming === 'merged' ? onlyUnknown(view, key) : guessOf(view, server, key);
  if (!guess || view.lists[kind].isTaken(key, guess.owner.definition.name)) return undefined;
  // What has another name here cannot be called by its own.
  const address = toolAddress(guess.owner.definition.name, key);
  return kind === 'tools' && endpoint.tools?.changes.get(address)?.name !== undefined ? undefined : guess;
}

function renamedTool(view: View, name: string): Guess | undefined {
  for (const [address, change] of view.endpoint.tools?.changes ?? []) {
    if (change.name !== name) continue;
    const dot = address.indexOf('.');
    return guessOf(view, address.slice(0, dot), address.slice(dot + 1));
  }
  return undefined;
}

/** Where names do not say their server, a name that nobody has can be that of the one server nobody knows yet. */
function onlyUnknown(view: View, key: string): Guess | undefined {
  const [owner, ...others] = view.servers.filter((server) => !isKnown(server));
  return owner && others.length === 0 ? { owner, key } : undefined;
}

function guessOf(view: View, server: string | undefined, key: string): Guess | undefined {
  const owner =
    view.endpoint.naming === 'transparent'
      ? view.servers[0]
      : view.servers.find(({ definition }) => definition.name === server);
  return owner && { owner, key };
}
