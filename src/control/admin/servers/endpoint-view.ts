/*
 * Endpoints as they are known, from the file and from the store in one shape, and what of that is shown to whom.
 */
import { DEFAULT_ENDPOINT } from '../../../config/endpoint-rules.ts';
import { storedEndpoint } from '../../../config/schema-stored.ts';
import type { EndpointDefinition } from '../../../model/snapshot.ts';
import type { Actor } from '../../actor.ts';
import type { Known } from '../../publish/publisher.ts';
import type { EndpointRow } from '../../store/tables.ts';
import { fileHead, headOf } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import type { EndpointData, EndpointFields } from './endpoint-input.ts';
import { manages, maySee } from './server-rights.ts';

/** An endpoint from either place, and where it stands in a list. */
export interface Source {
  readonly head: ReturnType<typeof headOf>;
  readonly name: string;
  readonly fields: EndpointFields;
  readonly place: {
    readonly id: string;
    readonly name: string;
    readonly createdAtMs: number;
    readonly updatedAtMs: number;
  };
}

export function sourceOf(known: EndpointRow | Known<EndpointDefinition>): Source {
  const { id, name } = known;
  if (!('definition' in known)) return { head: headOf(known), name, fields: fieldsOf(known), place: known };
  const { organisation, definition } = known;
  const head = { ...fileHead('endpoint', name), id, organisation };
  return { head, name, fields: fileFields(definition), place: { id, name, createdAtMs: 0, updatedAtMs: 0 } };
}

export function fieldsOf({ title, kind, definitionJson }: EndpointRow): EndpointFields {
  const read = storedEndpoint.safeParse(JSON.parse(definitionJson));
  return { title, kind: kind === 'toolset' ? 'toolset' : 'endpoint', definition: read.success ? read.data : {} };
}

function fileFields({ title = '', naming, instructions, tools, scopesSupported }: EndpointDefinition): EndpointFields {
  const { allow, block = [] } = tools?.filter ?? {};
  const changes = [...(tools?.changes ?? [])].map(([tool, change]) => [tool, { ...change }]);
  const chosen = {
    ...(allow && { allow: [...allow] }),
    ...(block.length > 0 && { block: [...block] }),
    ...(changes.length > 0 && { change: Object.fromEntries(changes) }),
  };
  const definition = {
    ...(naming !== 'transparent' && { naming }),
    ...(instructions !== undefined && { instructions }),
    ...(tools && { tools: chosen }),
    ...(scopesSupported.length > 0 && { scopesSupported: [...scopesSupported] }),
  };
  return { title, kind: 'endpoint', definition };
}

export function endpointView(
  { publisher }: Pick<AdminParts, 'publisher'>,
  actor: Actor,
  { head, name, fields }: Source,
): EndpointData {
  const known = publisher.endpoints().get(name === DEFAULT_ENDPOINT ? '' : name);
  const isServed = known?.id === head.id;
  const why = publisher.unpublished().find(({ id }) => id === head.id)?.why ?? 'It is not served yet.';
  const { servers } = publisher.snapshot();
  const isSeen = (server: string) => {
    const { owner = null, visibility = 'private' } = servers.get(server) ?? {};
    return maySee(actor, { owner, visibility });
  };
  return {
    ...{ ...head, name, title: fields.title, kind: fields.kind },
    path: name === DEFAULT_ENDPOINT ? '/mcp' : `/mcp/${name}`,
    definition: manages(actor) ? fields.definition : null,
    reaches: isServed ? known.definition.servers.filter(isSeen) : [],
    unpublished: isServed ? null : why,
  };
}
