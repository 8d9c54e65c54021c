/*
 * Answers `server/discover` (MCP 2026-07-28, Discovery): the endpoint's facts and the revisions whose requests describe
 * themselves.
 */
import type { Call } from '../../model/call.ts';
import type { CacheHint } from '../../model/catalogue.ts';
import type { Reply } from '../../model/reply.ts';
import { codecOf, SELF_DESCRIBING } from '../../wire/codecs.ts';
import type { View } from '../policy/view.ts';
import { ownReply } from './encode.ts';
import { endpointFacts, type FactsParts } from './endpoint-facts.ts';
import { togetherOf } from './together.ts';

export interface DiscoverParts extends FactsParts {
  /** How long and for whom what the server says about itself is good. */
  readonly hintOf: (server: string) => CacheHint;
}

export function discoverReply(call: Call, view: View, parts: DiscoverParts): Reply {
  const codec = codecOf(call.revision);
  const facts = endpointFacts(view, { codec, capabilities: call.client.capabilities }, parts);
  const members = {
    supportedVersions: SELF_DESCRIBING,
    capabilities: facts.capabilities,
    ...(facts.instructions === undefined ? {} : { instructions: facts.instructions }),
  };
  const together = togetherOf(view, parts.hintOf);
  const cache: CacheHint = view.isForAll ? together : { ...together, scope: 'private' };
  return ownReply(call, codec.ownResult(JSON.stringify(members).slice(1, -1), { serverInfo: facts.serverInfo, cache }));
}
