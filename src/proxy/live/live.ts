/*
 * What is told to operators of the gateway as it runs, put together: tools, upstreams, what is open, and trials of servers
 * that are not the gateway's yet. Nothing here decides anything, and no call waits for it.
 */
import type { Operator } from '../../model/operator.ts';
import { type AddressParts, addressFault } from './addresses.ts';
import { endOpened, type OpenedParts, openedNow } from './opened.ts';
import { type RefreshParts, refreshed } from './refresh.ts';
import { type ToolsParts, toolsOf } from './tools.ts';
import { type TrialParts, triedOut } from './trial.ts';
import { type UpstreamFactsParts, upstreamFacts } from './upstreams.ts';

export type LiveParts = ToolsParts & RefreshParts & AddressParts & OpenedParts & UpstreamFactsParts & TrialParts;

export type Live = Pick<Operator, 'tools' | 'tryOut' | 'addressFault' | 'sessions' | 'endSession' | 'upstreams'> & {
  /** Undefined for a server that there is not. */
  refresh(server: string): Promise<void> | undefined;
};

export function liveFacts(parts: LiveParts): Live {
  return {
    tools: (server) => toolsOf(parts, server),
    refresh: (server) => refreshed(parts, server),
    tryOut: (definition, signal) => triedOut(parts, definition, signal),
    addressFault: (address) => addressFault(parts, address),
    sessions: (filter) => openedNow(parts, filter),
    endSession: (id, filter) => endOpened(parts, id, filter),
    upstreams: (filter) => upstreamFacts(parts, filter),
  };
}
