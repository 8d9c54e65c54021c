/*
 * What can be said about a call's arguments before it is sent: what is missing, what nobody knows, what has the wrong type.
 * Only the outermost object is looked at; the server judges the rest.
 */
import type { JsonObject } from '../../client/json.ts';
import { nearestWord } from '../../config/suggest.ts';
import { EXIT } from '../usage.ts';
import { Failure } from './failure.ts';
import { firstLine } from './first-line.ts';
import { othersIn, propertiesOf, propertyOf, requiredOf, type Schema, typeOfValue, typesOf } from './schema.ts';
import { wanted } from './typed-value.ts';

/** `pairs`: names were typed one by one, so one that no list has is taken for a slip. Throws `Failure`. */
export function checkInput(value: JsonObject, schema: Schema, how: 'pairs' | 'json'): void {
  const faults = [
    ...Object.keys(value).flatMap((name) => unknownFault(name, schema, how) ?? []),
    ...requiredOf(schema).flatMap((name) => (Object.hasOwn(value, name) ? [] : missingFault(name, schema))),
    ...Object.entries(value).flatMap(([name, given]) => typeFault(name, given, schema) ?? []),
  ];
  if (faults.length > 0) throw new Failure(faults.join('\n'), EXIT.usage.code);
}

function unknownFault(name: string, schema: Schema, how: 'pairs' | 'json'): string | undefined {
  const others = othersIn(schema);
  if (propertyOf(schema, name) || others === 'allowed' || (others === 'unsaid' && how === 'json')) return undefined;
  const known = [...propertiesOf(schema).keys()];
  const nearest = nearestWord(name, known);
  const way = nearest === undefined ? ` Its arguments: ${known.join(', ') || 'none'}.` : ` Did you mean "${nearest}"?`;
  const force = others === 'unsaid' ? ' To send it all the same, give the arguments as one JSON object.' : '';
  return `The tool has no argument "${name}".${way}${force}`;
}

function missingFault(name: string, schema: Schema): string {
  const property = propertyOf(schema, name);
  const types = property ? [...typesOf(property)] : [];
  const about = typeof property?.own.description === 'string' ? `: ${firstLine(property.own.description)}` : '.';
  return `The argument "${name}" is missing (${types.length > 0 ? wanted(types) : 'any value'})${about}`;
}

function typeFault(name: string, given: unknown, schema: Schema): string | undefined {
  const property = propertyOf(schema, name);
  const types = property ? typesOf(property) : new Set();
  if (!property || types.size === 0) return undefined;
  const type = typeOfValue(given);
  const fits = types.has(type) || (type === 'integer' && types.has('number'));
  // 1.0 is a whole number for JSON Schema, and is the same number here.
  return fits ? undefined : `${name} must be ${wanted([...typesOf(property)])}.`;
}
