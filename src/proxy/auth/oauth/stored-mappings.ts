/*
 * What managers of organisations have claims mapped to. Such a mapping holds for tokens that act in its organisation and for
 * no others: which organisation that is follows from the file alone, so nobody gives himself anything elsewhere by one.
 */
import type { Mapped } from '../../../model/identity.ts';
import type { People, StoredMapping } from '../../../model/people.ts';
import { mappingReader, type ReadMappings } from './claim-mappings.ts';

interface Group {
  readonly mappings: readonly StoredMapping[];
  read: ReadMappings | undefined;
}

type Groups = ReadonlyMap<string, Group>;

const grouped = new WeakMap<People['mappings'], Groups>();

/** What the claims of a token of this issuer open in the organisation. */
export function storedMappings(mappings: People['mappings'], issuer: string, organisation: string): ReadMappings {
  const group = groupOf(mappings, issuer, organisation);
  if (!group) return NOTHING;
  group.read ??= mappingReader(opened(group.mappings));
  return group.read;
}

/** Whether there are the same for the issuer there as before. */
export function mapsAlike(
  before: People['mappings'],
  now: People['mappings'],
  issuer: string,
  organisation: string,
): boolean {
  if (before === now) return true;
  const then = groupOf(before, issuer, organisation)?.mappings ?? [];
  const here = groupOf(now, issuer, organisation)?.mappings ?? [];
  return then.length === here.length && then.every((mapping, at) => mapping === here[at]);
}

const NOTHING: ReadMappings = () => [];

function groupOf(mappings: People['mappings'], issuer: string, organisation: string): Group | undefined {
  if (mappings.length === 0) return undefined;
  const known = grouped.get(mappings) ?? groupsOf(mappings);
  grouped.set(mappings, known);
  return known.get(JSON.stringify([issuer, organisation]));
}

function groupsOf(mappings: People['mappings']): Groups {
  const groups = Map.groupBy(mappings, ({ issuer, organisation }) => JSON.stringify([issuer, organisation]));
  return new Map([...groups].map(([name, group]) => [name, { mappings: group, read: undefined }]));
}

/** Two of one value give both. */
function opened(mappings: readonly StoredMapping[]): ReadonlyMap<string, Mapped> {
  const all = new Map<string, Mapped>();
  for (const { claim, value, mapped } of mappings) {
    const key = `${claim}:${value}`;
    const { scopes, roles, groups } = all.get(key) ?? { scopes: [], roles: [], groups: [] };
    all.set(key, {
      scopes: [...scopes, ...mapped.scopes],
      roles: [...roles, ...mapped.roles],
      groups: [...groups, ...mapped.groups],
    });
  }
  return all;
}
