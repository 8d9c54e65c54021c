/*
 * Reads a question of `explain` from JSON: the body of the operator's request, and a line of a dry run.
 *
 *   {"as": "token:ann", "tool": "files__read", "endpoint": "team", "arguments": {"path": "a"}, "request": {"address": "::1"}}
 *
 * Whatever is not understood is refused: a misspelt condition would else be explained as if it had not been said.
 */
import type { DoorName } from './call.ts';
import { type AskedFor, type AskedRequest, EXPLAINED, type Explained, type ExplainQuestion } from './explanation.ts';
import { REVISIONS } from './revision.ts';

export type ReadQuestion = { readonly question: ExplainQuestion } | { readonly wrong: string };

const MEMBERS = new Set(['as', 'credential', 'claims', ...EXPLAINED, 'endpoint', 'arguments', 'request']);
const REQUEST_MEMBERS = new Set(['address', 'headers', 'door', 'revision', 'time']);
export const DOORS: readonly DoorName[] = ['mcp-http', 'mcp-socket', 'mcp-sse', 'mcp-stdio'];

class Wrong extends Error {}

export function readQuestion(value: unknown): ReadQuestion {
  try {
    return { question: questionIn(value) };
  } catch (thrown) {
    if (thrown instanceof Wrong) return { wrong: thrown.message };
    throw thrown;
  }
}

/** The question as JSON says it; the way back of `readQuestion`. */
export function questionJson({ as, kind, name, request, claims, ...rest }: ExplainQuestion): object {
  const { address, headers, door, revision, atMs } = request ?? {};
  const time = atMs === undefined ? undefined : new Date(atMs).toISOString();
  const who = 'credential' in as ? as : { as: 'word' in as ? as.word : as.name };
  const told = request && { address, headers, door, revision, time };
  return { ...who, claims, [kind]: name, endpoint: rest.endpoint, arguments: rest.arguments, request: told };
}

function questionIn(value: unknown): ExplainQuestion {
  const asked = objectIn(value, 'The question', MEMBERS);
  const kinds = EXPLAINED.filter((kind) => asked[kind] !== undefined);
  const [kind] = kinds;
  if (!kind || kinds.length > 1) throw new Wrong('Name one "tool", one "prompt" or one "resource".');
  return {
    as: askedFor(asked),
    claims: asked.claims === undefined ? undefined : objectIn(asked.claims, 'claims'),
    ...{ kind, name: textIn(asked, kind as Explained) },
    endpoint: asked.endpoint === undefined ? '' : textIn(asked, 'endpoint'),
    arguments: argumentsIn(asked.arguments),
    request: asked.request === undefined ? undefined : requestIn(asked.request),
  };
}

function askedFor(asked: Readonly<Record<string, unknown>>): AskedFor {
  if ((asked.as === undefined) === (asked.credential === undefined)) throw new Wrong('Say "as" whom, once.');
  return asked.as === undefined ? { credential: textIn(asked, 'credential') } : { word: textIn(asked, 'as') };
}

function argumentsIn(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return JSON.stringify(objectIn(value, 'arguments'));
  try {
    objectIn(JSON.parse(value), 'arguments');
  } catch (thrown) {
    throw thrown instanceof Wrong ? thrown : new Wrong('arguments must be a JSON object.');
  }
  return value;
}

function requestIn(value: unknown): AskedRequest {
  const asked = objectIn(value, 'request', REQUEST_MEMBERS);
  const { address = '', door = 'mcp-http', revision = REVISIONS[0], headers = {} } = asked;
  const known = DOORS.find((name) => name === door);
  if (typeof address !== 'string') throw new Wrong('request.address must be text.');
  if (!known) throw new Wrong(`request.door is one of ${DOORS.join(', ')}.`);
  const spoken = REVISIONS.find((name) => name === revision);
  if (!spoken) throw new Wrong(`request.revision is one of ${REVISIONS.join(', ')}.`);
  return { address, door: known, revision: spoken, headers: headersIn(headers), atMs: timeIn(asked.time) };
}

function headersIn(value: unknown): Readonly<Record<string, string>> {
  const fields = Object.entries(objectIn(value, 'request.headers')).map(([name, text]) => {
    if (typeof text !== 'string') throw new Wrong(`request.headers.${name} must be text.`);
    return [name.toLowerCase(), text] as const;
  });
  return Object.fromEntries(fields);
}

function timeIn(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const atMs = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(atMs)) throw new Wrong('request.time must be a time like 2026-07-28T09:30:00Z.');
  return atMs;
}

function objectIn(value: unknown, what: string, members?: ReadonlySet<string>): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Wrong(`${what} must be an object.`);
  const stray = members && Object.keys(value).find((name) => !members.has(name));
  if (stray !== undefined) throw new Wrong(`${what} has a member "${stray}", which is not known.`);
  return value as Readonly<Record<string, unknown>>;
}

function textIn(asked: Readonly<Record<string, unknown>>, member: string): string {
  const value = asked[member];
  if (typeof value !== 'string') throw new Wrong(`"${member}" must be text.`);
  return value;
}
