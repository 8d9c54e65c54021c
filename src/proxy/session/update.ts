/*
 * A server's `notifications/resources/updated` as the client gets it: under the client's name for the resource, and, on a
 * listen stream, with the client's own subscription id (MCP 2026-07-28, Subscriptions).
 *
 * The server's message may carry the id of our stream, which is nobody's business. The update may name a sub-resource of
 * what is watched, so it is mapped from its own URI. What is told of a task names it as its client does.
 */
import type { Message, Span } from '../../model/message.ts';
import { META } from '../../wire/codec.ts';
import { type Member, membersOf, readString } from '../../wire/json/members.ts';
import { type Edit, removeMembers, replaceMembers, splice } from '../../wire/json/splice.ts';
import { resourcesInTask } from '../../wire/named-resources.ts';
import { namedTask } from '../../wire/task-ids.ts';
import { type Mapped, toClient } from '../policy/mapped.ts';

export interface Listening {
  readonly shown: (uri: string) => string;
  /** JSON text; undefined in a session, which has no such ids. */
  readonly subscriptionId: string | undefined;
}

const ID = `${META}subscriptionId`;
const BRACE_OPEN = 0x7b;

/** Throws SyntaxError when it cannot be read. */
export function updateFor({ bytes, params }: Message, { shown, subscriptionId }: Listening): Buffer {
  if (!params?.uri) return bytes;
  const key = readString(bytes, params.uri);
  const uri = shown(key);
  const edits =
    subscriptionId === undefined ? unstamped(bytes, params.self) : stamped(bytes, params.self, subscriptionId);
  if (uri !== key) edits.push({ ...params.uri, put: JSON.stringify(uri) });
  return splice(
    bytes,
    edits.sort((a, b) => a.start - b.start),
  );
}

export interface Followed {
  /** The id under which the client knows the task. */
  readonly given: string;
  readonly mapped: Mapped;
  /** JSON text. */
  readonly subscriptionId: string;
}

/** A server's `notifications/tasks` as the client of a listen stream gets it. Throws SyntaxError when it cannot be read. */
export function taskFor(message: Message, { given, mapped, subscriptionId }: Followed): Buffer {
  const { bytes, params } = message;
  const named = namedTask(message);
  if (!params || !named) return bytes;
  const edits = [...stamped(bytes, params.self, subscriptionId), { ...named, put: JSON.stringify(given) }];
  edits.push(...toClient(mapped, bytes, () => resourcesInTask(message)));
  return splice(
    bytes,
    edits.sort((a, b) => a.start - b.start),
  );
}

function stamped(bytes: Buffer, params: Span, id: string): Edit[] {
  const stamp = `"${ID}":${id}`;
  const meta = metaOf(bytes, params)?.value;
  if (meta && bytes[meta.start] === BRACE_OPEN) return replaceMembers(bytes, meta, [ID], stamp);
  return replaceMembers(bytes, params, ['_meta'], `"_meta":{${stamp}}`);
}

/** A `_meta` that held nothing else goes with it. */
function unstamped(bytes: Buffer, params: Span): Edit[] {
  const meta = metaOf(bytes, params)?.value;
  if (!meta) return [];
  const keys = membersOf(bytes, meta).map(({ key }) => key);
  if (!keys.includes(ID)) return [];
  return keys.every((key) => key === ID) ? removeMembers(bytes, params, ['_meta']) : removeMembers(bytes, meta, [ID]);
}

function metaOf(bytes: Buffer, params: Span): Member | undefined {
  return membersOf(bytes, params, ['_meta']).find(({ key }) => key === '_meta');
}
