/*
 * Header fields that say again what a request's body says (2026-07-28, Streamable HTTP › Request Metadata): the name of what
 * it is about, and arguments that a tool's schema marks with `x-mcp-header`.
 */
import { isObject, type JsonObject, objectAt, textAt } from './json.ts';

export function callHeaders(name: string, inputSchema: JsonObject, input: JsonObject): Record<string, string> {
  const found: Record<string, string> = { 'mcp-name': name };
  collect(inputSchema, input, found);
  return found;
}

function collect(schema: JsonObject, value: JsonObject, found: Record<string, string>): void {
  for (const [name, property] of Object.entries(objectAt(schema, 'properties'))) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (!isObject(property) || given === undefined || given === null) continue;
    const header = textAt(property, 'x-mcp-header');
    if (header !== undefined && typeof given !== 'object') found[`mcp-param-${header.toLowerCase()}`] = String(given);
    else if (isObject(given)) collect(property, given, found);
  }
}
