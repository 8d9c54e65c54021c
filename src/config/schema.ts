/*
 * The native configuration file: one schema is type, check, reference page and published JSON Schema at once.
 *
 * Every field describes itself. Objects are strict: an unknown key is an error, because a misspelt `block` would
 * otherwise leave a tool open. Rules between fields stand in `rules.ts`, so that they run even where a field is wrong.
 */
import { z } from 'zod';
import { LIMITS, type LimitName } from '../model/limits.ts';
import { REVISIONS } from '../model/revision.ts';
import { REPEATS, VISIBILITIES } from '../model/snapshot.ts';
import {
  allowedHost,
  allowedOrigin,
  argument,
  headerName,
  headerValue,
  line,
  namePattern,
  publicUrl,
  serverUrl,
  text,
  variableName,
} from './fields.ts';
import { nameKey, personName, plainName } from './fields-auth.ts';
import { accessSection } from './schema-access.ts';
import { authSection, serverAuth } from './schema-auth.ts';
import { adminSection, secretsSection, storageSection } from './schema-control.ts';
import { endpointEntry } from './schema-endpoint.ts';
import { egressSection, listenSection } from './schema-listen.ts';

type Shape<Name extends string> = Record<Name, z.ZodOptional<z.ZodNumber>>;

type PerServerName = {
  [Name in LimitName]: (typeof LIMITS)[Name] extends { perServer: true } ? Name : never;
}[LimitName];

function limitFields<Name extends LimitName>(names: readonly Name[]): Shape<Name> {
  const fields = names.map((name) => {
    const { min, max, initial, why } = LIMITS[name];
    return [name, z.int().min(min).max(max).optional().describe(`${why} Default ${initial}.`)];
  });
  return Object.fromEntries(fields) as Shape<Name>;
}

const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];
export const PER_SERVER_LIMITS = LIMIT_NAMES.filter((name): name is PerServerName => 'perServer' in LIMITS[name]);

const tools = z
  .strictObject({
    allow: z.array(namePattern()).max(10_000).optional().describe('When present, only these tools are offered.'),
    block: z
      .array(namePattern())
      .max(10_000)
      .optional()
      .describe('These tools are never offered, whatever `allow` says.'),
  })
  .describe('Which tools of the server are offered: exact names, or patterns in which `*` stands for any characters.');

const transportWord = () => z.enum(['stdio', 'http', 'streamable-http', 'streamableHttp', 'sse']);

/** What a server inherits from `defaults`. Not `headers`: a token written there would go to every server. */
const inheritable = {
  enabled: z
    .boolean()
    .optional()
    .describe('`false` keeps the entry but does not start or offer the server. Default `true`.'),
  env: z
    .record(variableName(), argument())
    .optional()
    .describe('Environment variables for the process, added to the basic ones (PATH, HOME and the like).'),
  cwd: line()
    .optional()
    .describe('Working folder of the process; relative to the folder of this file, which is also the default.'),
  tools: tools.optional(),
  revision: z
    .enum(REVISIONS)
    .optional()
    .describe('Pins the protocol revision spoken to the server, instead of finding it out.'),
  isolation: z
    .literal('shared')
    .optional()
    .describe('States that the server keeps no state per user: one process or session serves all callers.'),
  repeatCalls: z
    .enum(REPEATS)
    .optional()
    .describe(
      'Whether a call whose connection was lost is made once more when the server is back: `never`, or `idempotent`, which takes the word of the server for tools with `readOnlyHint` or `idempotentHint` and repeats reads. Default `never`.',
    ),
  ...limitFields(PER_SERVER_LIMITS),
};

const access = {
  auth: serverAuth.optional(),
  organisation: plainName()
    .optional()
    .describe(
      'The organisation whose it is. Default `default`; in another one its own endpoint is /mcp/{organisation}--{server}.',
    ),
  owner: personName().optional().describe('The user who may always use it. Default: nobody.'),
  visibility: z
    .enum(VISIBILITIES)
    .optional()
    .describe(
      '`private`: for its owner, and who is allowed to by a role, a scope or a policy. `public`: for every member of its organisation. `shared`: for everybody. Default `private`.',
    ),
};

/** Relative to the folder of the file. */
const tlsFiles = {
  caFile: line().optional().describe('Certificates (PEM) to trust for `url`, instead of the well-known ones.'),
  certFile: line()
    .optional()
    .describe('Certificate (PEM) by which the gateway shows itself to the server; needs `keyFile`.'),
  keyFile: line().optional().describe('Private key of `certFile`, PEM.'),
};

export const serverEntry = z
  .strictObject({
    command: line().optional().describe('Program to start; the server speaks MCP on its standard input and output.'),
    args: z.array(argument()).max(1_000).optional().describe('Arguments for `command`.'),
    url: serverUrl()
      .optional()
      .describe('Address of a server that speaks MCP over Streamable HTTP, or over HTTP+SSE (2024-11-05).'),
    headers: z
      .record(headerName(), headerValue())
      .optional()
      .describe('Header fields sent with every request to `url`, for example `Authorization`. Secret: never shown.'),
    type: transportWord()
      .optional()
      .describe(
        'May be stated as in `mcpServers` files; follows from `command` or `url`. `sse` is HTTP+SSE; a `url` without a type that refuses Streamable HTTP is tried so, too.',
      ),
    transport: transportWord().optional().describe('The same as `type`.'),
    title: line(256).optional().describe('Name for people.'),
    description: text().optional().describe('What the server is for.'),
    ...access,
    ...tlsFiles,
    ...inheritable,
  })
  .describe('One MCP server. Has either `command` or `url`.');

export const nativeFile = z
  .strictObject({
    servers: z
      // Checked in `rules.ts`, which can suggest a name; here for editors.
      .record(nameKey(), serverEntry)
      .optional()
      .describe(
        'The MCP servers behind the gateway: name → entry. A name has lower-case letters, digits and single hyphens, at most 32.',
      ),
    defaults: z
      .strictObject(inheritable)
      .optional()
      .describe(
        'Values for servers that do not state their own. A value is taken whole: lists and maps are not merged.',
      ),
    endpoints: z
      .record(nameKey(), endpointEntry)
      .optional()
      .describe(
        'Named endpoints, each at /mcp/{name}: name → entry. `default` is /mcp itself. Each server also has its own, at /mcp/{server}.',
      ),
    listen: listenSection.optional(),
    auth: authSection.optional(),
    access: accessSection.optional(),
    limits: z.strictObject(limitFields(LIMIT_NAMES)).optional().describe('Limits of the gateway; see limits.md.'),
    egress: egressSection.optional(),
    storage: storageSection.optional(),
    secrets: secretsSection.optional(),
    admin: adminSection.optional(),
    publicUrl: publicUrl()
      .optional()
      .describe('Address under which clients reach the gateway, when a proxy stands before it.'),
    allowedHosts: z
      .array(allowedHost())
      .max(1_000)
      .optional()
      .describe('Further values of the Host header that are answered: `host` or `host:port`.'),
    allowedOrigins: z
      .array(allowedOrigin())
      .max(1_000)
      .optional()
      .describe('Further web origins whose pages may call the gateway.'),
  })
  .describe('Configuration of Gatewright, YAML or JSON.');

export type NativeFile = z.infer<typeof nativeFile>;
export type ServerEntry = z.infer<typeof serverEntry>;
export type ServerDefaults = NonNullable<NativeFile['defaults']>;

/** The schema as plain data: what the reference page, the suggestions and editors read. */
export function configJsonSchema(): z.core.JSONSchema.JSONSchema {
  return z.toJSONSchema(nativeFile, { target: 'draft-2020-12', io: 'input' });
}
