/*
 * What a tool says of its structured content, for clients of revisions in which that is always an object.
 *
 * Since 2026-07-28 it may be of any type (Server › Tools › Output Schema). An older client's library refuses a whole list
 * in which one schema is of another, so such a schema is shown to it inside the object that the content itself is put in:
 *
 *   {"type":"array", "$defs":{…}}  ──▶  {"$defs":{…}, "type":"object", "properties":{"result":{"type":"array"}}, "required":["result"]}
 *
 * What references lead to stays where they say it is, at the root. A reference to the root itself would lead elsewhere, so
 * a schema with one is left out, which claims nothing. All else of the schema stays byte for byte.
 */
import type { Span } from '../model/message.ts';
import { type Member, memberOf, membersOf, readString, readValue } from './json/members.ts';
import { type Edit, removeMembers, splice } from './json/splice.ts';

/** The member of the object in which older clients find structured content that is none. */
export const WRAPPED_AS = 'result';

export interface OutputForOlder {
  /** The content may be no object. */
  readonly wrapped: boolean;
  /** Cuts into the tool so that an older client can read its schema. */
  readonly edits: readonly Edit[];
}

const AS_IT_IS: OutputForOlder = { wrapped: false, edits: [] };
const BRACE_OPEN = 0x7b;

/** `tool` is the JSON of a tool of a server whose content may be of any type. */
export function outputForOlder(tool: Buffer): OutputForOlder {
  const whole = { start: 0, end: tool.length };
  if (!memberOf(tool, whole, 'outputSchema')) return AS_IT_IS;
  const schemas = membersOf(tool, whole).filter(({ key }) => key === 'outputSchema');
  const [schema] = schemas;
  if (!schema) return AS_IT_IS;
  // Of two that stand there nobody knows which one counts.
  if (schemas.length === 1 && isOfObjects(tool, schema.value)) return AS_IT_IS;
  const put = schemas.length === 1 ? wrapped(tool, schema.value) : undefined;
  const edits = put === undefined ? removeMembers(tool, whole, ['outputSchema']) : [{ ...schema.value, put }];
  return { wrapped: true, edits };
}

function isOfObjects(tool: Buffer, schema: Span): boolean {
  const types = membersOf(tool, schema).filter(({ key }) => key === 'type');
  const [type] = types;
  if (!type || types.length > 1 || tool[type.value.start] !== 0x22) return false;
  return readString(tool, type.value) === 'object';
}

/** Members of a root schema that references, or readers, look for at the root. */
const OF_THE_ROOT = ['$schema', '$defs', 'definitions'];

/** Undefined when it cannot be done. */
function wrapped(tool: Buffer, schema: Span): string | undefined {
  const isBoolean = tool[schema.start] === 0x74 || tool[schema.start] === 0x66;
  if (isBoolean) return inObject('', tool.toString('utf8', schema.start, schema.end));
  if (tool[schema.start] !== BRACE_OPEN) return undefined;
  // A schema with a name of its own is a root wherever it stands (JSON Schema 2020-12, §8.2.1).
  if (memberOf(tool, schema, '$id')) return inObject('', tool.toString('utf8', schema.start, schema.end));
  if (!referencesStay(readValue(tool, schema))) return undefined;
  const root = membersOf(tool, schema).filter(({ key }) => OF_THE_ROOT.includes(key));
  return inObject(root.map((member) => `${textOf(tool, member)},`).join(''), without(tool, schema));
}

function inObject(root: string, schema: string): string {
  return `{${root}"type":"object","properties":{"${WRAPPED_AS}":${schema}},"required":["${WRAPPED_AS}"]}`;
}

function textOf(tool: Buffer, { keySpan, value }: Member): string {
  return tool.toString('utf8', keySpan.start, value.end);
}

function without(tool: Buffer, span: Span): string {
  const schema = tool.subarray(span.start, span.end);
  return splice(schema, removeMembers(schema, { start: 0, end: schema.length }, OF_THE_ROOT)).toString();
}

const REFERENCES = ['$ref', '$dynamicRef', '$recursiveRef'];
/** An anchor is found wherever it stands, what is at the root is still there, and another document does not move. */
const STAYS = /^(?:#\/(?:\$defs|definitions)\/|#[^/]|[^#])/;

/** Looks into values that are no schemas, too: at worst a schema is left out that need not be. */
function referencesStay(schema: unknown): boolean {
  const waiting: unknown[] = [schema];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    for (const key of REFERENCES) {
      const to = Array.isArray(next) ? undefined : (next as Record<string, unknown>)[key];
      if (typeof to === 'string' && !STAYS.test(to)) return false;
    }
    for (const value of Object.values(next)) waiting.push(value);
  }
  return true;
}
