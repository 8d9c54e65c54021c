/*
 * Which kind of conversation to have about a server, and the lists that are had the same way from all.
 */
import { isRevision } from '../model/revision.ts';
import { opensSession } from '../wire/codec.ts';
import { codecOf } from '../wire/codecs.ts';
import type { Conversation } from './conversation.ts';
import { isObject, type JsonObject, listAt, textAt } from './json.ts';
import { SelfDescribed } from './self-described.ts';
import { Session } from './session.ts';

export interface Place {
  readonly socketPath: string;
  /** A server's own endpoint has its name. */
  readonly endpoint: string;
  readonly clientInfo: JsonObject;
}

/** `revision` is the server's; one that is not known is asked in the newest. */
export function converse({ socketPath, endpoint, clientInfo }: Place, revision: string | undefined): Conversation {
  const older = revision !== undefined && isRevision(revision) && opensSession(codecOf(revision));
  const Kind = older ? Session : SelfDescribed;
  return new Kind({ socketPath }, `/mcp/${endpoint}`, clientInfo);
}

const PAGES_MAX = 10_000;

interface List {
  readonly method: string;
  readonly member: string;
}

/** All pages of a list. The gateway answers lists itself, so any conversation will do. */
export function listEntries(place: Place, list: List, signal?: AbortSignal): Promise<readonly JsonObject[]> {
  return allPages(converse(place, undefined), list, signal);
}

export async function allPages(
  conversation: Conversation,
  list: List,
  signal?: AbortSignal,
): Promise<readonly JsonObject[]> {
  const entries: JsonObject[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const params: Record<string, string> = cursor === undefined ? {} : { cursor: JSON.stringify(cursor) };
    const { value } = await conversation.ask({ method: list.method, params }, { signal });
    entries.push(...listAt(value, list.member).filter(isObject));
    cursor = textAt(value, 'nextCursor');
    if (cursor === undefined) break;
  }
  return entries;
}
