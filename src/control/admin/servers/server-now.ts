/*
 * How servers are now, beside what people decided of them: switched off or not, up or down, published or not.
 */
import type { Actor } from '../../actor.ts';
import type { AdminParts } from '../parts.ts';
import type { KnownServer, ServerNow } from './server-view.ts';

export type NowParts = Pick<AdminParts, 'publisher' | 'operator'>;

/** Of every server of the actor's organisation, of one moment. */
export function serversNow({ publisher, operator }: NowParts, actor: Actor): (server: KnownServer) => ServerNow {
  const { overlay, servers } = publisher.snapshot();
  const reports = operator.upstreams({ organisation: actor.organisation });
  const upstreams = new Map(reports.map((report) => [report.server, report]));
  const refused = new Map(publisher.unpublished().map(({ id, why }) => [id, why]));
  return ({ head, key }) => ({
    switched: overlay.servers.get(key),
    // A stored server whose name is the file's is not the one of this name.
    upstream: refused.has(head.id) ? undefined : upstreams.get(key),
    unpublished: refused.get(head.id) ?? (servers.has(key) ? undefined : 'It is not served yet.'),
  });
}
