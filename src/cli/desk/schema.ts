/*
 * As much of JSON Schema as is needed to make typed values out of words: which types a value may have, and the schemas of
 * what is in it. Only references within the same schema are followed.
 */
import { isObject, type JsonObject, listAt, objectAt, textAt } from '../../client/json.ts';

export type JsonType = 'null' | 'boolean' | 'integer' | 'number' | 'object' | 'array' | 'string';

/** A schema and the whole it is a part of. */
export interface Schema {
  readonly own: JsonObject;
  readonly whole: JsonObject;
}

const DEPTH_MAX = 16;
const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf'] as const;

export function wholeSchema(schema: unknown): Schema {
  const whole = isObject(schema) ? schema : {};
  return { own: whole, whole };
}

/** Empty when the schema leaves it open. */
export function typesOf(schema: Schema, depth = 0): ReadonlySet<JsonType> {
  const { own } = followed(schema);
  if (depth > DEPTH_MAX) return new Set();
  const named = typeof own.type === 'string' ? [own.type] : listAt(own, 'type');
  if (named.length > 0) return new Set(named as JsonType[]);
  const values = own.const === undefined ? listAt(own, 'enum') : [own.const];
  if (values.length > 0) return new Set(values.map(typeOfValue));
  const parts = ALTERNATIVES.flatMap((keyword) => listAt(own, keyword).filter(isObject));
  const types = parts.flatMap((part) => [...typesOf({ ...schema, own: part }, depth + 1)]);
  if (types.length > 0) return new Set(types);
  return new Set(isObject(own.properties) ? ['object'] : []);
}

export function typeOfValue(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as 'boolean' | 'object' | 'string';
}

/** Undefined when the schema names no such property. */
export function propertyOf(schema: Schema, name: string): Schema | undefined {
  const property = propertiesOf(schema).get(name);
  return property && { whole: schema.whole, own: property };
}

export function propertiesOf(schema: Schema, depth = 0): ReadonlyMap<string, JsonObject> {
  const { own } = followed(schema);
  const found = new Map(
    Object.entries(objectAt(own, 'properties')).map(([name, each]) => [name, isObject(each) ? each : {}]),
  );
  if (depth > DEPTH_MAX) return found;
  for (const part of ALTERNATIVES.flatMap((keyword) => listAt(own, keyword).filter(isObject))) {
    for (const [name, each] of propertiesOf({ ...schema, own: part }, depth + 1))
      if (!found.has(name)) found.set(name, each);
  }
  return found;
}

export function itemsOf(schema: Schema): Schema {
  return { whole: schema.whole, own: objectAt(followed(schema).own, 'items') };
}

export function requiredOf(schema: Schema): readonly string[] {
  return listAt(followed(schema).own, 'required').filter((name) => typeof name === 'string');
}

/** `refused`: the schema says so. `unsaid`: it says nothing about other properties. */
export function othersIn(schema: Schema): 'refused' | 'unsaid' | 'allowed' {
  const { own } = followed(schema);
  if (own.additionalProperties === false) return 'refused';
  const says = own.additionalProperties !== undefined || own.patternProperties !== undefined;
  return says || propertiesOf(schema).size === 0 ? 'allowed' : 'unsaid';
}

/** The values that are allowed when the schema lists them. */
export function choicesOf(schema: Schema): readonly unknown[] {
  return listAt(followed(schema).own, 'enum');
}

/** The schema that a local `$ref` stands for (JSON Pointer, RFC 6901). */
export function followed(schema: Schema): Schema {
  let { own } = schema;
  for (let hop = 0; hop < DEPTH_MAX; hop++) {
    const reference = textAt(own, '$ref');
    if (reference === undefined || !reference.startsWith('#/')) break;
    const steps = reference
      .slice(2)
      .split('/')
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    own = steps.reduce<JsonObject>((at, step) => (Object.hasOwn(at, step) ? objectAt(at, step) : {}), schema.whole);
  }
  return { own, whole: schema.whole };
}
