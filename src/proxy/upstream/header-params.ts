/*
 * Arguments that a tool wants mirrored in `Mcp-Param-*` header fields (2026-07-28, Streamable HTTP › Custom Headers,
 * `x-mcp-header`): found once per tool when its list is read, checked and made per call.
 *
 * The annotation may stand only on strings, integers and booleans that are reached through `properties` alone; its value
 * is a header token, unique without regard to case. A tool that breaks the rules is withheld, as a client must.
 */
import type { HeaderParam } from '../../model/catalogue.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import type { Codec } from '../../wire/codec.ts';
import { readValue } from '../../wire/json/members.ts';
import { encodeHeaderValue, headerAgrees } from '../../wire/rev2026-07-28/headers.ts';

const ANNOTATION = 'x-mcp-header';
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TYPES: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean']);
/** Deeper schemas are looked at no further; an annotation down there breaks the rules for all we know. */
const DEPTH_MAX = 32;

/**
 * The annotated arguments of a tool, or why it must be withheld. To a server of the revisions before the annotation means
 * nothing, so nothing is withheld of it; but newer clients read the annotation, and their headers are held to it.
 */
export function headerParamsOf(tool: Buffer, codec: Codec): readonly HeaderParam[] | string {
  if (!tool.includes(ANNOTATION)) return [];
  const found = annotatedIn(tool);
  return typeof found === 'string' && !codec.mirrorsParams ? [] : found;
}

function annotatedIn(tool: Buffer): readonly HeaderParam[] | string {
  const { inputSchema } = readValue(tool, { start: 0, end: tool.length }) as { inputSchema?: unknown };
  const found: HeaderParam[] = [];
  const problem = collect(inputSchema, [], found);
  if (problem !== undefined) return problem;
  if (new Set(found.map((param) => param.header)).size < found.length) return 'x-mcp-header given twice';
  return found;
}

function collect(schema: unknown, path: readonly string[], found: HeaderParam[]): string | undefined {
  if (!isObject(schema)) return undefined;
  if (path.length > DEPTH_MAX) return mentions(schema) ? 'x-mcp-header too deep' : undefined;
  for (const [keyword, value] of Object.entries(schema)) {
    const problem =
      keyword === 'properties' && isObject(value)
        ? collectProperties(value, path, found)
        : misplaced(keyword, value, path);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function collectProperties(
  properties: Record<string, unknown>,
  path: readonly string[],
  found: HeaderParam[],
): string | undefined {
  for (const [name, property] of Object.entries(properties)) {
    if (isObject(property) && ANNOTATION in property) {
      const name_ = property[ANNOTATION];
      if (typeof name_ !== 'string' || !TOKEN.test(name_)) return 'x-mcp-header is not a header token';
      if (!TYPES.has(property.type)) return 'x-mcp-header on something else than a string, integer or boolean';
      found.push({ header: `mcp-param-${name_.toLowerCase()}`, path: [...path, name] });
      continue;
    }
    const problem = collect(property, [...path, name], found);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** An annotation under any other keyword cannot be reached through `properties` alone. */
function misplaced(keyword: string, value: unknown, path: readonly string[]): string | undefined {
  if (keyword === ANNOTATION && path.length === 0) return 'x-mcp-header on the whole schema';
  if (typeof value !== 'object' || value === null) return undefined;
  if (['default', 'examples', 'enum', 'const'].includes(keyword)) return undefined;
  return mentions(value) ? 'x-mcp-header in a place that no path reaches' : undefined;
}

function mentions(value: object): boolean {
  return JSON.stringify(value).includes(`"${ANNOTATION}":`);
}

/** Compares a client's header fields with its arguments. Throws `header_mismatch`: the body is the truth. */
export function checkParamHeaders(params: readonly HeaderParam[], message: Message, given: readonly string[]): void {
  const args = argumentsOf(message);
  for (const { header, path } of params) {
    const fields = given.filter((_, at) => at % 2 === 1 && given[at - 1] === header);
    const value = valueAt(args, path);
    const agrees =
      value === undefined ? fields.length === 0 : fields.length === 1 && headerAgrees(fields[0] ?? '', value);
    if (!agrees)
      throw new GatewayError('header_mismatch', { say: `Header ${header} is missing or does not match the body.` });
  }
}

const NONE: readonly string[] = [];

/** The header fields for a client that does not send them itself. */
export function makeParamHeaders(params: readonly HeaderParam[], message: Message): readonly string[] {
  if (params.length === 0) return NONE;
  const args = argumentsOf(message);
  return params.flatMap(({ header, path }) => {
    const value = valueAt(args, path);
    return value === undefined ? [] : [header, encodeHeaderValue(String(value))];
  });
}

function argumentsOf(message: Message): unknown {
  const span = message.params?.arguments;
  return span ? readValue(message.bytes, span) : undefined;
}

/** Null and absent are the same: no header. */
function valueAt(args: unknown, path: readonly string[]): string | number | boolean | undefined {
  let value = args;
  for (const name of path) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
