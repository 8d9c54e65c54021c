/*
 * What the admin API takes of a server: the fields of an entry of the configuration file, with the file's own checks, without
 * all that would be a program or a file of this machine, and beside them what the file does not know.
 *
 * An address is taken as text here; whether it may be dialled is said by the rules of egress alone (`server-addresses.ts`),
 * for every form of it in the same words.
 */
import { z } from 'zod';
import { headerName, headerValue, line } from '../../../config/fields.ts';
import { personName, plainName } from '../../../config/fields-auth.ts';
import { storedServer, storedServerColumns } from '../../../config/schema-stored.ts';
import { VISIBILITIES } from '../../../model/snapshot.ts';

const columns = storedServerColumns.shape;

const TAG = /^[\p{L}\p{N}](?:[\p{L}\p{N} ._:/@-]{0,62}[\p{L}\p{N}])?$/u;
/** Bounds what is read; the limits (`limits-servers.ts`) are lower. */
const LIST_MAX = 1_000;

const address = () =>
  line(8192).describe(
    'Where the server is reached over Streamable HTTP, or HTTP+SSE. Public https, or what `egress.allow` of the file names.',
  );
const weight = () => z.int().min(1).max(1_000).describe('Share of the calls among the replicas, 1 to 1000. Default 1.');

const replica = z
  .strictObject({ url: address(), weight: weight().optional() })
  .describe('A further address of the same server.');

export type StoredServer = z.infer<typeof storedServer>;

/** A program is no field here: whoever names one is told so before (`commands.ts`). */
const definition = storedServer.omit({ transport: true }).shape;

const own = {
  title: columns.title.optional().describe('Name for people.'),
  description: columns.description.optional().describe('What the server is for.'),
  owner: personName()
    .nullable()
    .optional()
    .describe(
      'The user whose it is, a member of the organisation; null: the organisation’s own. Only who manages the organisation names another one than themselves.',
    ),
  visibility: z
    .enum(VISIBILITIES)
    .optional()
    .describe(
      '`private`: for its owner, and who is allowed to otherwise. `public`: for every member of its organisation. `shared`: for every organisation; only a system_admin may say so. Default `private`.',
    ),
  tags: z
    .array(z.string().regex(TAG, 'Letters, digits and " . _ : / @ -" between them, at most 64.'))
    .max(LIST_MAX)
    .optional()
    .describe('Words to find it by.'),
  weight: weight().optional(),
  replicas: z
    .array(replica)
    .max(LIST_MAX)
    .optional()
    .describe(
      'Further addresses of the same server, kept and shown; calls go to `url` alone until balancing is there.',
    ),
};

const header = () => headerValue().min(1, 'Must not be empty.');

export const serverName = () =>
  plainName().describe('Unique in its organisation, and never changed. Lower-case letters, digits and single hyphens.');

export const createServer = z.strictObject({
  name: serverName(),
  url: address(),
  ...own,
  headers: z
    .record(headerName(), header())
    .optional()
    .describe(
      'Header fields that are sent with every request, for example `Authorization`. Secret: nobody is shown a value again.',
    ),
  ...definition,
});
export type CreateServer = z.infer<typeof createServer>;

/** A definition that is tried and not kept. */
export const tryServer = createServer
  .omit({ owner: true, visibility: true, tags: true, weight: true, replicas: true })
  .extend({
    name: serverName().optional(),
  });
export type TryServer = z.infer<typeof tryServer>;

export const patchServer = z.strictObject({
  url: address().optional(),
  ...cleared(own),
  headers: z
    .record(headerName(), header().nullable())
    .optional()
    .describe('Fields to set; null takes one away. Those that are not named stay as they are.'),
  ...cleared(definition),
});
export type PatchServer = z.infer<typeof patchServer>;

type Cleared<Shape extends z.ZodRawShape> = { [Field in keyof Shape]: z.ZodOptional<z.ZodNullable<Shape[Field]>> };

/** Null takes a field away, which is another thing than to leave it out. */
function cleared<Shape extends z.ZodRawShape>(shape: Shape): Cleared<Shape> {
  const fields = Object.entries(shape).map(([name, field]) => [name, (field as z.ZodType).nullable().optional()]);
  return Object.fromEntries(fields) as Cleared<Shape>;
}
