/*
 * Questions to the schema by path: which fields may stand here, and is text, a number or a word wanted.
 *
 * It reads the schema in its JSON form, which is plain data, rather than the insides of the schema library.
 */
import type { Path } from './problem.ts';
import { configJsonSchema } from './schema.ts';

interface Schema {
  readonly type?: string | readonly string[];
  /** One of these, whichever kind the value is. */
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly enum?: readonly string[];
}

export interface SchemaWalk {
  /** The names that may stand in the map at `path`; empty where any name may. */
  fields(path: Path): readonly string[];
  type(path: Path): string | undefined;
  words(path: Path): readonly string[];
}

export function schemaWalk(): SchemaWalk {
  const root = configJsonSchema() as unknown as Schema;
  const at = (path: Path) => schemasAt(root, path);
  return {
    fields: (path) => at(path).flatMap((schema) => Object.keys(schema.properties ?? {})),
    type: (path) => scalarType(at(path).flatMap((schema) => schema.type ?? [])),
    words: (path) => at(path).flatMap((schema) => schema.enum ?? []),
  };
}

/** Where text is one of several kinds, a scalar is text. */
function scalarType(types: readonly string[]): string | undefined {
  return types.includes('string') ? 'string' : types[0];
}

function schemasAt(root: Schema, path: Path): readonly Schema[] {
  let schemas: readonly Schema[] = [root];
  for (const step of path) schemas = schemas.flatMap((schema) => inside(schema, step) ?? []).flatMap(alternatives);
  return schemas;
}

function alternatives(schema: Schema): readonly Schema[] {
  return schema.anyOf?.flatMap(alternatives) ?? [schema];
}

function inside(schema: Schema, step: string | number): Schema | undefined {
  if (typeof step === 'number') return schema.items;
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, step)) return schema.properties[step];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}
