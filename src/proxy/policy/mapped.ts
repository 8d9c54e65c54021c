/*
 * URIs inside messages, between the server that knows them and the client that reads them in an aggregate.
 *
 * What a server names becomes this endpoint's name for it, always under the server's own prefix, so that a link that one
 * server gives never leads to another. On the way back only this server's prefix is taken off, once; any other URI is the
 * client's own and stays as it is. A server's own endpoint maps nothing.
 */
import type { PermittedCall, Target } from '../../model/call.ts';
import type { Entry } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Span } from '../../model/message.ts';
import type { Naming } from '../../model/snapshot.ts';
import { readString } from '../../wire/json/members.ts';
import type { Edit } from '../../wire/json/splice.ts';
import { publicUri, splitUri } from './naming.ts';

export interface Mapped extends Pick<PermittedCall, 'endpointDefinition'> {
  readonly target: Pick<Target, 'server'> | undefined;
}

const NONE: readonly Edit[] = [];

/** `places` gives the spans of the URIs; it is asked only where there is something to map. */
export function toClient({ endpointDefinition, target }: Mapped, bytes: Buffer, places: Places): readonly Edit[] {
  const { naming } = endpointDefinition;
  if (!target || naming === 'transparent') return NONE;
  return edits(bytes, places(), (uri) => publicUri(naming, target.server, uri));
}

export function toServer({ endpointDefinition, target }: Mapped, bytes: Buffer, places: Places): readonly Edit[] {
  const { naming } = endpointDefinition;
  if (!target || naming === 'transparent') return NONE;
  return edits(bytes, places(), (uri) => {
    const { server, key } = splitUri(naming, uri);
    return server === target.server ? key : uri;
  });
}

/** What a tool's entry in a list names beside itself. */
export function toolEdits(naming: Naming, server: string, { bytes, links }: Entry): readonly Edit[] {
  if (naming === 'transparent') return NONE;
  return edits(bytes, links, (uri) => publicUri(naming, server, uri));
}

/** A server's message is scanned for structure only, so a string in it may turn out to be none. */
export function orInvalid<T>(read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof SyntaxError)
      throw new GatewayError('upstream_invalid', { internal: { why: thrown.message } });
    throw thrown;
  }
}

type Places = () => readonly Span[];

function edits(bytes: Buffer, spans: readonly Span[], named: (uri: string) => string): readonly Edit[] {
  if (spans.length === 0) return NONE;
  return spans.map((span) => ({ ...span, put: JSON.stringify(named(readString(bytes, span))) }));
}
