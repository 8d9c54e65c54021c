/*
 * What every object of the admin API has, whatever it is: an id that means nothing, its organisation, where it was defined, the
 * version that is its entity tag, and when it came to be and was changed.
 */
import { z } from 'zod';
import type { Managed } from '../../store/tables.ts';

/** RFC 3339, UTC. */
export const TIME = z.iso.datetime();

export const OBJECT_ID = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._~:@-]*$/, 'Is no id.')
  .describe('Opaque. Objects of the configuration file have ids of the form `file.{kind}.{name}`.');

/** The parameters of `…/{id}`. */
export const BY_ID = z.strictObject({ id: OBJECT_ID });

const OWN_SHAPE = {
  id: OBJECT_ID,
  organisation: z.string().describe('The one it belongs to.'),
  origin: z.enum(['file', 'store']).describe('`file`: defined in the configuration file, and read-only here.'),
  version: z.int().describe('Its ETag, which If-Match takes. 0 for what the file defines.'),
  createdAt: TIME.nullable().describe('Null for what the file defines.'),
  updatedAt: TIME.nullable().describe('Null for what the file defines.'),
};

/** The schema of an object that is answered. */
export function objectData<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object({ ...OWN_SHAPE, ...shape });
}

/** Where an object was defined, and when. */
export interface ObjectHead {
  readonly id: string;
  readonly organisation: string;
  readonly origin: 'file' | 'store';
  readonly version: number;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

export function headOf({ id, organisation, version, createdAtMs, updatedAtMs }: Managed): ObjectHead {
  const [createdAt, updatedAt] = [rfc3339(createdAtMs), rfc3339(updatedAtMs)];
  return { id, organisation, origin: 'store', version, createdAt, updatedAt };
}

/** Of an object of the file; those belong to `default` (design §5). */
export function fileHead(kind: string, name: string): ObjectHead {
  const id = `file.${kind}.${name}`;
  return { id, organisation: 'default', origin: 'file', version: 0, createdAt: null, updatedAt: null };
}

/** The name in such an id; undefined for ids of the store, and for other kinds. */
export function fileNameIn(id: string, kind: string): string | undefined {
  const start = `file.${kind}.`;
  return id.startsWith(start) ? id.slice(start.length) : undefined;
}

export function rfc3339(ms: number): string;
export function rfc3339(ms: number | null): string | null;
export function rfc3339(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
