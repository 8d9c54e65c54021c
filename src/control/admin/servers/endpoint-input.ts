/*
 * What the admin API takes and shows of endpoints: an entry of the configuration file, with a name, a title and a kind.
 */
import { z } from 'zod';
import { line } from '../../../config/fields.ts';
import { plainName } from '../../../config/fields-auth.ts';
import { storedEndpoint } from '../../../config/schema-stored.ts';
import { objectData } from '../kit/object.ts';

export type StoredEndpoint = z.infer<typeof storedEndpoint>;

export const KINDS = ['endpoint', 'toolset'] as const;

export interface EndpointFields {
  readonly title: string;
  readonly kind: (typeof KINDS)[number];
  readonly definition: StoredEndpoint;
}

const own = {
  title: line(256).optional().describe('Name for people; shown to clients.'),
  kind: z
    .enum(KINDS)
    .optional()
    .describe('`toolset`: chosen by its tools, so it names some in `tools.allow`. Default `endpoint`.'),
};

export const createEndpoint = z.strictObject({
  name: plainName().describe('Unique in the installation, and never changed: it is the address, /mcp/{name}.'),
  ...own,
  ...storedEndpoint.shape,
});
export type CreateEndpoint = z.infer<typeof createEndpoint>;

/** Null takes a field away. */
export const patchEndpoint = z.strictObject(
  Object.fromEntries(
    Object.entries({ ...own, ...storedEndpoint.shape }).map(([name, field]) => [name, field.nullable().optional()]),
  ) as { [Field in keyof typeof own | keyof typeof storedEndpoint.shape]: Nullable<Field> },
);
export type PatchEndpoint = z.infer<typeof patchEndpoint>;

type Fields = typeof own & typeof storedEndpoint.shape;
type Nullable<Field extends keyof Fields> = z.ZodOptional<z.ZodNullable<Fields[Field]>>;

export const endpointData = objectData({
  name: z.string(),
  path: z.string().describe('Where clients reach it.'),
  title: z.string(),
  kind: z.enum(KINDS),
  definition: storedEndpoint
    .nullable()
    .describe('As the file would say it; null for who does not manage the organisation.'),
  reaches: z.array(z.string()).describe('Those of the servers behind it that you see.'),
  unpublished: z.string().nullable().describe('Why it is not served; null when it is.'),
});
export type EndpointData = z.infer<typeof endpointData>;

/** Null takes away; what was not sent stays. */
export function fieldsWith(before: EndpointFields, sent: PatchEndpoint | CreateEndpoint): EndpointFields {
  const { name: _, title, kind, ...rest } = { name: '', ...sent };
  const all = Object.entries({ ...before.definition, ...rest });
  return {
    title: title === undefined ? before.title : (title ?? ''),
    kind: kind === undefined ? before.kind : (kind ?? 'endpoint'),
    definition: Object.fromEntries(all.filter(([, value]) => value !== null && value !== undefined)) as StoredEndpoint,
  };
}

export const NO_FIELDS: EndpointFields = { title: '', kind: 'endpoint', definition: {} };
