/*
 * A server as it would be stored: what was sent, or what is stored with what was sent upon it, and whatever is wrong with it
 * beyond single fields. All faults at once; none repeats a value, which may be a secret.
 */
import type { FieldFault } from '../../../model/admin-errors.ts';
import type { LimitName, Limits } from '../../../model/limits.ts';
import type { Visibility } from '../../../model/snapshot.ts';
import type { CreateServer, PatchServer, StoredServer } from './server-input.ts';

export interface Replica {
  readonly url: string;
  readonly weight: number;
}

export interface ServerDraft {
  readonly url: string;
  readonly title: string;
  readonly description: string;
  readonly owner: string | null;
  readonly visibility: Visibility;
  readonly tags: readonly string[];
  readonly weight: number;
  readonly replicas: readonly Replica[];
  /** What has no column. */
  readonly definition: StoredServer;
}

const WEIGHT = 1;

/** What a server is where nothing is said. */
export function blankDraft(url: string, owner: string | null): ServerDraft {
  const lists = { tags: [], replicas: [], definition: {} };
  return { url, title: '', description: '', owner, visibility: 'private', weight: WEIGHT, ...lists };
}

type Sent = Partial<CreateServer> & PatchServer;

/** Null takes a field away; what was not sent stays. */
export function draftWith(before: ServerDraft, sent: PatchServer | CreateServer): ServerDraft {
  const {
    name: _,
    headers: __,
    url,
    title,
    description,
    owner,
    visibility,
    tags,
    weight,
    replicas,
    ...rest
  } = sent as Sent;
  return {
    url: url ?? before.url,
    title: said(title, '', before.title),
    description: said(description, '', before.description),
    owner: owner === undefined ? before.owner : owner,
    visibility: said(visibility, 'private', before.visibility),
    tags: [...new Set(said(tags, [], before.tags))].sort(),
    weight: said(weight, WEIGHT, before.weight),
    replicas: said(replicas === null ? null : replicas?.map(withWeight), [], before.replicas),
    definition: stated({ ...before.definition, ...rest }),
  };
}

function said<Value>(sent: Value | null | undefined, cleared: Value, before: Value): Value {
  if (sent === undefined) return before;
  return sent ?? cleared;
}

function withWeight({ url, weight = WEIGHT }: { readonly url: string; readonly weight?: number | undefined }): Replica {
  return { url, weight };
}

/** Without what was cleared, or never said. */
function stated(fields: Readonly<Record<string, unknown>>): StoredServer {
  const some = Object.entries(fields).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(some) as StoredServer;
}

export interface Checked {
  readonly faults: readonly FieldFault[];
  readonly hit: readonly LimitName[];
}

/** `headers`: the names of all that there will be. */
export function checkDraft(draft: ServerDraft, headers: readonly string[], limits: Limits): Checked {
  const over = [
    tooMany('tagsPerServerMax', 'tags', draft.tags.length, limits),
    tooMany('replicasPerServerMax', 'replicas', draft.replicas.length, limits),
    tooMany('headersPerServerMax', 'headers', headers.length, limits),
  ].filter((each) => each !== undefined);
  const faults = [...over.map(({ fault }) => fault), ...twice(draft), ...sameHeaders(headers)];
  return { faults, hit: over.map(({ limit }) => limit) };
}

function tooMany(limit: LimitName, field: string, count: number, limits: Limits) {
  if (count <= limits[limit]) return undefined;
  return { limit, fault: { field: `body.${field}`, say: `There may be ${limits[limit]} (the limit ${limit}).` } };
}

function twice({ url, replicas }: ServerDraft): FieldFault[] {
  const seen = new Set([url]);
  return replicas.flatMap((replica, at) => {
    const again = seen.has(replica.url);
    seen.add(replica.url);
    return again ? [{ field: `body.replicas.${at}.url`, say: 'This address is there already.' }] : [];
  });
}

/** Names of fields are the same whatever their case (RFC 9110 §5.1). */
function sameHeaders(names: readonly string[]): FieldFault[] {
  const lower = names.map((name) => name.toLowerCase());
  return names
    .filter((_, at) => lower.indexOf(lower[at] ?? '') !== at)
    .map((name) => ({ field: `body.headers.${name}`, say: 'This header field is there already, in other letters.' }));
}

/** Rows have no order of their own. */
export function inOrder(replicas: readonly Replica[]): readonly Replica[] {
  return [...replicas].sort((a, b) => (a.url < b.url ? -1 : 1));
}
