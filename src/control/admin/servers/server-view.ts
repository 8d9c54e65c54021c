/*
 * What is shown of a server, of the file or stored, in one shape. Who may change it sees all of that but the values of its
 * header fields; everybody else sees what it is and not where it is: no address, no names of header fields, no filters, no
 * reasons, which may name addresses.
 */
import { z } from 'zod';
import { storedServer } from '../../../config/schema-stored.ts';
import { SERVER_STATES } from '../../../model/catalogue.ts';
import type { UpstreamReport } from '../../../model/live.ts';
import { VISIBILITIES } from '../../../model/snapshot.ts';
import type { Actor } from '../../actor.ts';
import { type ObjectHead, objectData, rfc3339, TIME } from '../kit/object.ts';
import type { ServerDraft } from './server-draft.ts';
import { mayChange } from './server-rights.ts';

export const STATES = [...SERVER_STATES, 'disabled', 'maintenance', 'unpublished', 'unknown'] as const;
export type ShownState = (typeof STATES)[number];

const header = z.object({
  name: z.string(),
  value: z.literal('***').describe('There is one; nobody is shown it.'),
  setAt: TIME.nullable().describe('Null for what the file defines.'),
});

export const serverData = objectData({
  name: z.string(),
  key: z
    .string()
    .describe('How endpoints, policies and metrics name it: its name, after `{organisation}--` outside `default`.'),
  endpoint: z.string().describe('Path of its own MCP endpoint.'),
  title: z.string(),
  description: z.string(),
  owner: z.string().nullable().describe('Null: the organisation’s own.'),
  visibility: z.enum(VISIBILITIES),
  tags: z.array(z.string()),
  weight: z.int(),
  transport: z.enum(['stdio', 'http', 'sse']).describe('`stdio` comes from the file alone.'),
  mayChange: z.boolean().describe('Whether you may. What follows is null or empty when not.'),
  url: z.string().nullable().describe('Null for processes, too.'),
  replicas: z.array(z.object({ url: z.string(), weight: z.int() })),
  headers: z.array(header),
  definition: storedServer
    .partial()
    .nullable()
    .describe('What is stated of the rest: `type`, `tools`, `revision`, `isolation`, `repeatCalls`, limits.'),
  enabled: z.boolean(),
  maintenance: z.boolean(),
  switchReason: z.string().describe('What was said when it was disabled, or put into maintenance.'),
  state: z.enum(STATES),
  tools: z.int().describe('How many it lists.'),
});
export type ServerData = z.infer<typeof serverData>;

export interface KnownServer {
  readonly head: ObjectHead;
  readonly name: string;
  readonly key: string;
  readonly endpoint: string;
  readonly transport: 'stdio' | 'http' | 'sse';
  readonly draft: ServerDraft;
  readonly headers: readonly { readonly name: string; readonly setAtMs: number | null }[];
}

/** What is so of it now, beside what people decided. */
export interface ServerNow {
  readonly switched: { readonly state: string; readonly reason: string } | undefined;
  readonly upstream: UpstreamReport | undefined;
  /** Why it is not served; undefined when it is. */
  readonly unpublished: string | undefined;
}

export function serverView(actor: Actor, { head, draft, ...server }: KnownServer, now: ServerNow): ServerData {
  const { owner, visibility, tags, weight, title, description } = draft;
  const { name, key, endpoint, transport } = server;
  return {
    ...head,
    ...{ name, key, endpoint, title, description, owner, visibility, tags: [...tags], weight, transport },
    ...(mayChange(actor, draft) ? whole(draft, server.headers, transport) : HIDDEN),
    ...switchView(now),
    ...{ state: stateOf(now), tools: now.upstream?.counts.tools ?? 0 },
  };
}

function whole(draft: ServerDraft, headers: KnownServer['headers'], transport: KnownServer['transport']) {
  return {
    mayChange: true,
    url: transport === 'stdio' ? null : draft.url,
    replicas: [...draft.replicas],
    headers: headers.map(({ name, setAtMs }) => ({ name, value: '***' as const, setAt: rfc3339(setAtMs) })),
    definition: draft.definition,
  };
}

const HIDDEN = { mayChange: false, url: null, replicas: [], headers: [], definition: null };

function switchView({ switched }: ServerNow) {
  const { state, reason = '' } = switched ?? {};
  return { enabled: state !== 'disabled', maintenance: state === 'maintenance', switchReason: reason };
}

export function stateOf({ switched, upstream, unpublished }: ServerNow): ShownState {
  if (switched?.state === 'disabled') return 'disabled';
  if (unpublished !== undefined) return 'unpublished';
  if (switched?.state === 'maintenance') return 'maintenance';
  return upstream?.state ?? 'unknown';
}
