/*
 * From a server's definition to a connection: the one place that knows which transports there are.
 */
import type { ServerDefinition } from '../../model/snapshot.ts';
import { opensSession } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import type { ProxyOf } from '../egress/proxies.ts';
import { type WayParts, wayTo } from '../egress/way-to.ts';
import type { Connection } from './conversation.ts';
import { httpTransport } from './http.ts';
import { sseTransport } from './http-sse.ts';
import { lastWordsOf } from './last-words.ts';
import type { ProcessGroups } from './process-groups.ts';
import { stdioTransport } from './stdio.ts';
import type { TransportEvents } from './transport.ts';

export interface ConnectParts extends WayParts {
  readonly groups: ProcessGroups;
  /** The proxy on the way to an address. */
  readonly proxyOf: ProxyOf;
}

/** Throws for an address that must not be gone to. */
export function connect(definition: ServerDefinition, events: TransportEvents, parts: ConnectParts): Connection {
  const { transport, limits } = definition;
  if (transport.kind === 'stdio') {
    const pipe = stdioTransport({ ...transport, limits, events, groups: parts.groups });
    const lastWords = () => lastWordsOf(pipe.stderrTail());
    return { kind: 'pipe', transport: pipe, process: pipe, established: () => {}, farewell: async () => {}, lastWords };
  }
  const { headers, tls } = transport;
  const way = wayTo(transport, parts);
  if (transport.kind === 'sse') {
    const sse = sseTransport({ ...way, headers, tls, limits, events });
    const established: Connection['established'] = (handshake) =>
      handshake ? sse.opened(handshake.revision) : sse.reopen();
    return { kind: 'pipe', transport: sse, established, farewell: async () => {}, lastWords: () => '' };
  }
  const http = httpTransport({ ...way, headers, tls, limits, events });
  return {
    kind: 'stream',
    transport: http,
    established: (handshake) => {
      http.sessionHeaders = [];
      if (!handshake || !opensSession(codecOf(handshake.revision))) return;
      if (handshake.sessionId !== undefined) http.sessionHeaders = ['mcp-session-id', handshake.sessionId];
      http.sessionHeaders = [...http.sessionHeaders, 'mcp-protocol-version', handshake.revision];
      http.openStream();
    },
    farewell: () => http.endSession(),
    lastWords: () => '',
  };
}
