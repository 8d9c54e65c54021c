/*
 * Claim mappings: what the claims of an issuer's tokens give in the organisation, and nowhere else.
 *
 * The issuer is one that the configuration file names: whom to believe is not for an API to say. Roles are given under the same
 * rule as to members.
 */
import { z } from 'zod';
import { line } from '../../../config/fields.ts';
import { personName, scope } from '../../../config/fields-auth.ts';
import { AdminError } from '../../../model/admin-errors.ts';
import type { Mapped } from '../../../model/identity.ts';
import type { Actor } from '../../actor.ts';
import { claimMappings } from '../../store/queries/people.ts';
import type { Audited, Change } from '../../store/store.ts';
import type { ClaimMappingRow } from '../../store/tables.ts';
import { listData, listed, listQuery, pageAsked, placeOf } from '../kit/list.ts';
import { BY_ID, fileHead, headOf, objectData } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { fileRuleId } from '../rules/file-id.ts';
import { wrong } from './me-routes.ts';
import { roleNames } from './people-words.ts';
import { checkGiven, checkHeld, checkJoined, rolesKnown } from './role-rules.ts';

export function mappingRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [list(parts), create(parts), get(parts), update(parts), remove(parts)];
}

const PATH = '/api/v1/mappings';
const ONE = { path: `${PATH}/{id}`, tag: 'mappings', gate: 'manage', params: BY_ID } as const;

const MAPPED = {
  roles: roleNames().optional().describe('Only roles that you hold.'),
  groups: z.array(personName()).max(100).optional(),
  scopes: z.array(scope()).max(100).optional(),
};
const texts = () => z.array(z.string());
const MAPPING = objectData({
  issuer: z.string(),
  claim: z.string(),
  value: z.string(),
  roles: texts(),
  groups: texts(),
  scopes: texts(),
});
type Shown = z.infer<typeof MAPPING>;
const SORTS = { claim: 'claim', createdAt: 'createdAtMs' } as const;
const QUERY = listQuery(SORTS, {
  issuer: z.string().max(2_048).optional().describe('As it stands in `iss`.'),
  search: z.string().min(1).max(200).optional().describe('A part of the claim or the value.'),
  origin: z.enum(['file', 'store']).optional(),
});

function list(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'listMappings', method: 'GET', path: PATH, tag: 'mappings', gate: 'manage' },
    say: 'What claims give, by the file and by the store.',
    more: 'Mappings of the file hold in whatever organisation a token acts; they are shown in `default`.',
    query: QUERY,
    data: listData(MAPPING),
    example: { query: { search: 'g' } },
    answer: async ({ actor, query: { issuer, search, origin, ...query } }) => {
      const page = pageAsked(query, SORTS);
      const equal = issuer === undefined ? {} : { issuer };
      const contains = search === undefined ? undefined : { columns: ['claim', 'value'] as const, text: search };
      const rows =
        origin === 'file' ? [] : await parts.store.read(claimMappings.list(actor, { ...page, equal, contains }));
      const stored = rows.map((row) => ({ ...row, shown: shown(row) }));
      const ofFile = origin === 'store' ? [] : fileMappings(parts, actor).filter((each) => fits(each, issuer, search));
      const placed = ofFile.map((each) => ({ id: each.id, claim: each.claim, createdAtMs: 0, shown: each }));
      return { data: listed({ ...page, stored, ofFile: placed }, placeOf(page), (each) => each.shown) };
    },
  });
}

function fits({ issuer, claim, value }: Shown, of: string | undefined, search = ''): boolean {
  return (of === undefined || issuer === of) && [claim, value].some((text) => text.includes(search));
}

function fileMappings({ file }: AdminParts, { organisation }: Actor): readonly Shown[] {
  if (organisation !== 'default') return [];
  return file().identity.issuers.flatMap(({ issuer, claims }) =>
    [...claims.mappings].map(([key, mapped]): Shown => {
      // A claim may have colons in its name, and so may a value: how it is written in the file says no more.
      const end = key.lastIndexOf(':');
      const id = fileRuleId('mapping', `${issuer} ${key}`);
      return {
        ...fileHead('mapping', key),
        id,
        issuer,
        claim: key.slice(0, end),
        value: key.slice(end + 1),
        ...lists(mapped),
      };
    }),
  );
}

function lists({ roles = [], groups = [], scopes = [] }: Given | Partial<Mapped>) {
  return { roles: [...roles], groups: [...groups], scopes: [...scopes] };
}

const READABLE = z.object(MAPPED);

/** What cannot be read gives nothing, and is shown so. */
function mappedIn(json: string): z.infer<typeof READABLE> {
  try {
    return READABLE.parse(JSON.parse(json));
  } catch {
    return {};
  }
}

function shown(row: ClaimMappingRow): Shown {
  const { issuer, claim, value } = row;
  const { roles = [], groups = [], scopes = [] } = mappedIn(row.mappedJson);
  return { ...headOf(row), issuer, claim, value, roles, groups, scopes };
}

const CREATE = z.strictObject({
  issuer: line(2_048).describe('One of `auth.issuers` of the file, to the letter.'),
  claim: line(256).describe('The name of the claim, or its path with dots.'),
  value: line(1_024).describe('Compared without regard to case.'),
  ...MAPPED,
});

function create(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ id: 'createMapping', method: 'POST', path: PATH, tag: 'mappings', gate: 'manage', status: 201 },
    credentials: true,
    say: 'Gives roles, groups or scopes to whoever has a claim.',
    body: CREATE,
    data: MAPPING,
    errors: ['conflict'],
    example: { body: { issuer: '{issuer}', claim: 'groups', value: 'staff', roles: ['user'] } },
    answer: async ({ actor, body: { issuer, claim, value, ...mapped } }) => {
      checkIssuer(parts, issuer);
      await checkMapped(parts, actor, mapped);
      const values = { issuer, claim, value, mappedJson: JSON.stringify(lists(given(mapped))) };
      const row = claimMappings.fresh(actor, values, parts.now());
      const audit = audited('create', row, { before: null, after: shown(row) });
      await written(parts, actor, { row, change: claimMappings.insert(actor, row), audit });
      return { data: shown(row), version: row.version };
    },
  });
}

type Given = z.infer<typeof READABLE>;
function given(mapped: Given): Partial<Given> {
  return Object.fromEntries(Object.entries(mapped).filter(([, texts]) => texts !== undefined));
}

function checkIssuer({ file }: AdminParts, issuer: string): void {
  const { issuers } = file().identity;
  if (issuers.some((each) => each.issuer === issuer)) return;
  const say = 'The configuration file names no such issuer. Whom to believe is said in auth.issuers, and there alone.';
  throw wrong('body.issuer', say);
}

async function checkMapped(parts: AdminParts, actor: Actor, mapped: Given): Promise<void> {
  const isEmpty = Object.values(lists(given(mapped))).every((texts) => texts.length === 0);
  if (isEmpty) throw wrong('body', 'Gives nothing. Add roles, groups or scopes.');
  checkJoined(parts, actor, mapped);
  checkGiven(actor, mapped.roles ?? [], await rolesKnown(parts, actor));
}

function get(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'getMapping', method: 'GET' },
    say: 'One mapping.',
    data: MAPPING,
    example: { params: { id: '{mappingId}' } },
    answer: async ({ actor, params: { id } }) => {
      const ofFile = fileMappings(parts, actor).find((each) => each.id === id);
      const data = ofFile ?? shown(await stored(parts, actor, id));
      return { data, version: data.version };
    },
  });
}

async function stored({ store }: AdminParts, actor: Actor, id: string): Promise<ClaimMappingRow> {
  if (id.startsWith('file.mapping.')) throw new AdminError('read_only');
  const [row] = await store.read(claimMappings.get(actor, id));
  if (!row) throw new AdminError('not_found');
  return row;
}

function update(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'updateMapping', method: 'PATCH', ifMatch: true, credentials: true },
    say: 'Changes what a claim gives: the lists that are given, whole.',
    body: z.strictObject(MAPPED),
    data: MAPPING,
    errors: ['read_only'],
    example: { params: { id: '{mappingId}' }, body: { roles: ['viewer'] } },
    answer: async ({ actor, params: { id }, body, ifMatch: version }) => {
      const before = await stored(parts, actor, id);
      const mapped = { ...mappedIn(before.mappedJson), ...given(body) };
      await checkMapped(parts, actor, mapped);
      await checkTaken(parts, actor, before);
      const set = { mappedJson: JSON.stringify(lists(mapped)) };
      const row = { ...before, ...set };
      const audit = audited('update', row, { before: shown(before), after: shown(row) });
      const change = claimMappings.update(actor, { id, version, set, atMs: parts.now() });
      await written(parts, actor, { row, change, audit });
      const after = shown(await stored(parts, actor, id));
      return { data: after, version: after.version };
    },
  });
}

function remove(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...ONE, id: 'deleteMapping', method: 'DELETE', ifMatch: true, credentials: true },
    say: 'Takes away what a claim gives.',
    data: z.object({}),
    errors: ['read_only'],
    example: { params: { id: '{mappingId}' } },
    answer: async ({ actor, params: { id }, ifMatch: version }) => {
      const row = await stored(parts, actor, id);
      await checkTaken(parts, actor, row);
      const audit = audited('delete', row, { before: shown(row), after: null });
      await written(parts, actor, { row, change: claimMappings.remove(actor, { id, version }), audit });
      return { data: {} };
    },
  });
}

async function checkTaken(parts: AdminParts, actor: Actor, row: ClaimMappingRow): Promise<void> {
  const mapped = mappedIn(row.mappedJson);
  checkJoined(parts, actor, mapped);
  checkHeld(actor, mapped.roles ?? [], await rolesKnown(parts, actor));
}

function audited(what: string, row: ClaimMappingRow, states: Pick<Audited, 'before' | 'after'>): Audited {
  const about = { kind: 'claimMappings', targetId: row.id, targetName: `${row.claim}:${row.value}`, reason: '' };
  return { action: `mapping.${what}`, outcome: 'done', ...about, ...states };
}

interface Written {
  readonly row: ClaimMappingRow;
  readonly change: Change;
  readonly audit: Audited;
}

async function written({ store, publisher }: AdminParts, actor: Actor, { row, change, audit }: Written): Promise<void> {
  const touched = [{ kind: 'claimMappings', id: row.id, organisation: row.organisation } as const];
  await store.write(actor, { changes: [change], touched, audit: [audit] });
  await publisher.settled();
}
