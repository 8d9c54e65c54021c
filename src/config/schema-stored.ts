/*
 * What is stored of servers, endpoints, policies, roles, mappings and keys: entries of the file, without what has a column
 * of its own, and without what may come from the local file alone. The same schemas judge it when it is saved and when it
 * is published, so what the one takes the other does not refuse.
 *
 * A server is named here as in the snapshot, as callers of an aggregate and policies see it: `{organisation}--{name}`
 * outside `default`.
 */
import { z } from 'zod';
import { headerName, headerValue, line, serverUrl, text } from './fields.ts';
import { patterns, personName } from './fields-auth.ts';
import { serverEntry } from './schema.ts';
import { permissions, policyEntry } from './schema-access.ts';
import { mapped } from './schema-auth.ts';
import { endpointEntry } from './schema-endpoint.ts';

/** Never a command, nor a file of this machine: those come from the local file alone (design §6). */
const LOCAL_ONLY = {
  ...({ command: true, args: true, env: true, cwd: true } as const),
  ...({ caFile: true, certFile: true, keyFile: true } as const),
};

/** In columns and tables of their own; and whether it is enabled says the overlay. */
const SERVER_COLUMNS = {
  ...({ url: true, title: true, description: true, headers: true, auth: true, enabled: true } as const),
  ...({ organisation: true, owner: true, visibility: true } as const),
};

const urlWord = () => z.enum(['http', 'streamable-http', 'streamableHttp', 'sse']).optional();

export const storedServer = serverEntry
  .omit({ ...LOCAL_ONLY, ...SERVER_COLUMNS })
  .extend({ type: urlWord(), transport: urlWord() });

/** What stands beside the definition, as the file would have it. */
export const storedServerColumns = z.object({
  url: serverUrl(),
  title: z.union([z.literal(''), line(256)]),
  description: text(),
  owner: personName().nullable(),
  visibility: serverEntry.shape.visibility.unwrap(),
  headers: z.record(headerName(), headerValue()),
});

export const storedEndpoint = endpointEntry.omit({ title: true, organisation: true });

export const storedPolicy = policyEntry.omit({ name: true, organisation: true, priority: true });

export const storedPermissions = permissions;

export const storedMapped = mapped;

/** How far a key reaches. */
export const storedReach = z.strictObject({
  servers: patterns().optional(),
  endpoints: patterns().optional(),
  tools: patterns().optional(),
});

export const storedRoles = z.array(personName()).max(1_000);

export const storedApi = z.array(z.enum(['read', 'write'])).max(2);
