/*
 * Questions to the schema by path: which fields may stand here, and is text, a number or a word wanted.
 *
 * It reads the schema in its JSON form, which is plain data, rather than the insides of the schema library.
 */
import type { Path } from './problem.ts';
import { configJsonSchema } from './schema.ts';

interface Schema {
  readonly type?: string;
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
  return {
    fields: (path) => Object.keys(schemaAt(root, path)?.properties ?? {}),
    type: (path) => schemaAt(root, path)?.type,
    words: (path) => schemaAt(root, path)?.enum ?? [],
  };
}

function schemaAt(root: Schema, path: Path): Schema | undefined {
  let schema: Schema | undefined = root;
  for (const step of path) schema = schema === undefined ? undefined : inside(schema, step);
  return schema;
}

function inside(schema: Schema, step: string | number): Schema | undefined {
  if (typeof step === 'number') return schema.items;
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, step)) return schema.properties[step];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}
