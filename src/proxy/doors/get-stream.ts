/*
 * A session's GET stream (2025-11-25, Transports › Listening for Messages): what belongs to no call goes out here.
 */
import { GatewayError } from '../../model/errors.ts';
import { viewerOf } from '../../model/list-context.ts';
import { notificationText } from '../../wire/codec.ts';
import type { Session } from '../session/session.ts';
import { contextOf } from '../upstream/variants.ts';
import { HttpOutlet } from './http-outlet.ts';
import type { Visit } from './mcp-http.ts';
import type { McpParts } from './mcp-parts.ts';
import { acceptsEvents } from './media.ts';

export function openStream(parts: McpParts, visit: Visit, session: Session): void {
  if (!acceptsEvents(visit.request.headers)) throw new GatewayError('not_acceptable');
  const leave = parts.streams.enter(session.principal);
  const limits = parts.limits();
  const outlet = new HttpOutlet({
    response: visit.response,
    wheel: parts.wheel,
    keepAliveMs: limits.keepAliveMs,
    bufferBytesMax: limits.streamBufferBytesMax,
    extra: visit.extra,
    onOverflow: () => parts.emit({ type: 'limit_hit', limit: 'streamBufferBytesMax', principal: session.principal.id }),
    ask: undefined,
  });
  const stream = { send: (message: Buffer) => outlet.notify(message), close: () => outlet.end() };
  const unlisten = parts.hub.listen({
    endpoint: session.endpoint,
    principal: visit.verdict.principal,
    viewer: viewerOf(contextOf(session)),
    changed: (kind) => outlet.notify(Buffer.from(notificationText(`notifications/${kind}/list_changed`))),
  });
  session.attach(stream);
  endWith(visit, outlet, [leave, unlisten, endsEarly(parts, visit, outlet), () => session.detach(stream)]);
  outlet.open();
}

/** When the gateway drains, or the credential does not hold any more. Returns the way to stop looking. */
function endsEarly(parts: McpParts, { verdict }: Visit, outlet: HttpOutlet): () => void {
  const end = () => outlet.end();
  const undrain = parts.streams.onDrain(end);
  const letGo = verdict.credential?.keep(end);
  return () => {
    undrain();
    letGo?.();
  };
}

function endWith({ response }: Visit, outlet: HttpOutlet, leave: readonly (() => void)[]): void {
  response.on('close', () => {
    outlet.end();
    for (const stop of leave) stop();
  });
}
