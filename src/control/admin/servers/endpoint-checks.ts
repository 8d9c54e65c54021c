/*
 * What an endpoint of the API may name and be called: the rules of the file between its fields, held against the servers that
 * the organisation has or that are shared with it. What others have is not there, so that no suggestion tells of it.
 */
import { checkEndpoints, DEFAULT_ENDPOINT } from '../../../config/endpoint-rules.ts';
import { AdminError, type FieldFault } from '../../../model/admin-errors.ts';
import type { Snapshot } from '../../../model/snapshot.ts';
import type { Actor } from '../../actor.ts';
import { reportsOn } from '../rules/rule-names.ts';
import type { EndpointFields } from './endpoint-input.ts';

interface Named extends Pick<EndpointFields, 'kind' | 'definition'> {
  readonly name: string;
}

/** Throws `parameter_wrong` with everything that is wrong. */
export function checkEndpoint(snapshot: Snapshot, { organisation }: Actor, { name, kind, definition }: Named): void {
  const { known, report, faults } = reportsOn(snapshot, organisation);
  checkEndpoints({ [name]: { ...definition, organisation } }, entriesFor(snapshot, organisation), known, report);
  const all = [...faults.map((fault) => inBody(fault, name)), ...toolsetFaults(kind, definition)];
  if (all.length > 0) throw new AdminError('parameter_wrong', { faults: all });
}

/** Servers as the file would have them, as far as the rules look. */
function entriesFor({ servers }: Snapshot, organisation: string): Record<string, object> {
  const shown = [...servers.values()].filter(
    (each) => each.organisation === organisation || each.visibility === 'shared',
  );
  return Object.fromEntries(
    shown.map(({ name, visibility, ...each }) => [name, { organisation: each.organisation, visibility }]),
  );
}

function inBody({ field, say }: FieldFault, name: string): FieldFault {
  const inside = field.slice(`endpoints.${name}`.length);
  return { field: inside === '' ? 'body.name' : `body${inside}`, say };
}

function toolsetFaults(kind: EndpointFields['kind'], { tools }: EndpointFields['definition']): FieldFault[] {
  if (kind !== 'toolset' || (tools?.allow?.length ?? 0) > 0) return [];
  return [{ field: 'body.tools.allow', say: 'A toolset is chosen by its tools: name some, as "server.tool".' }];
}

/** Names of endpoints are unique in the installation: each is an address, and the audience of tokens. */
export function checkEndpointName({ endpoints, servers }: Snapshot, name: string): void {
  const isTaken = name === DEFAULT_ENDPOINT || endpoints.has(name) || servers.has(name);
  if (!isTaken) return;
  const say = 'There is an endpoint or a server of this name.';
  throw new AdminError('conflict', { say, faults: [{ field: 'body.name', say: 'Choose another.' }] });
}
