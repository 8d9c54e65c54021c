/*
 * Servers that there are, as what would be sent to have them so.
 */

import { PER_SERVER_LIMITS } from '../../../config/schema.ts';
import { storedServer } from '../../../config/schema-stored.ts';
import type { Limits } from '../../../model/limits.ts';
import { type ServerDefinition, VISIBILITIES, type Visibility } from '../../../model/snapshot.ts';
import { inOrder, type ServerDraft } from './server-draft.ts';
import type { StoredServer } from './server-input.ts';
import type { StoredRecord } from './server-records.ts';

export function rowDraft({ row, replicas }: StoredRecord): ServerDraft {
  const { url, title, description, owner, visibility, tagsJson, weight, definitionJson } = row;
  return {
    ...{ url, title, description, owner, weight, tags: JSON.parse(tagsJson) as string[] },
    visibility: visibilityOf(visibility),
    replicas: inOrder(replicas.map((replica) => ({ url: replica.url, weight: replica.weight }))),
    definition: definitionOf(definitionJson),
  };
}

/** What is not known is shown to nobody else. */
function visibilityOf(text: string): Visibility {
  return VISIBILITIES.find((known) => known === text) ?? 'private';
}

/** What an older or a newer version wrote and this one does not read is not shown; the publisher says why it is not served. */
function definitionOf(text: string): StoredServer {
  const read = storedServer.safeParse(JSON.parse(text));
  return read.success ? read.data : {};
}

/** What the file says of it, with what it inherits; of limits those that are not the gateway's. */
export function fileDraft(server: ServerDefinition, description: string, limits: Limits): ServerDraft {
  const { transport, title = '', owner = null, visibility } = server;
  return {
    ...{ url: transport.kind === 'stdio' ? '' : transport.url, title, description, owner, visibility },
    ...{ tags: [], weight: 1, replicas: [], definition: fileDefinition(server, limits) },
  };
}

function fileDefinition({ transport, tools, ...server }: ServerDefinition, limits: Limits): StoredServer {
  const own = PER_SERVER_LIMITS.filter((name) => server.limits[name] !== limits[name]);
  const isFiltered = tools.allow !== undefined || tools.block.length > 0;
  return {
    ...(transport.kind === 'sse' && { type: 'sse' as const }),
    ...(isFiltered && { tools: { ...(tools.allow && { allow: [...tools.allow] }), block: [...tools.block] } }),
    ...(server.revision && { revision: server.revision }),
    ...(server.shared && { isolation: 'shared' as const }),
    ...(server.repeatCalls !== 'never' && { repeatCalls: server.repeatCalls }),
    ...Object.fromEntries(own.map((name) => [name, server.limits[name]])),
  };
}
