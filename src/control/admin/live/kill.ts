/*
 * The kill switch: a principal, a key, a server or a tool is refused everywhere from now on, whoever allows it, and what is
 * open ends. It is a row of the overlay, so it holds for what the file defines as for what is stored, and after a restart.
 */
import { z } from 'zod';
import { line } from '../../../config/fields.ts';
import { AdminError } from '../../../model/admin-errors.ts';
import type { Actor } from '../../actor.ts';
import { killers } from '../../store/queries/kills.ts';
import { overlay } from '../../store/queries/objects.ts';
import type { Audited, Change } from '../../store/store.ts';
import type { OverlayRow } from '../../store/tables.ts';
import { listData, listed, listQuery, pageAsked, placeOf } from '../kit/list.ts';
import { rfc3339, TIME } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { checkTarget, KILL_KINDS, type KillKind, targetIn } from './kill-targets.ts';

const KILLED = 'killed';
const SORTS = { killedAt: 'updatedAtMs' } as const;

const MORE = `It holds within a second, on what the configuration file defines as on what is stored, and stays until it is taken back. Of a principal every credential is refused, in this organisation alone, logins of this API too; what is open ends. A server is gone as if it were disabled, and taken back it is enabled, whatever it was before.

A target that cannot stand in a path as it is (letters, digits and \`_ ~ : @ . -\`) is written as \`~\` and its base64url.`;

const params = z.strictObject({
  kind: z.enum(KILL_KINDS),
  target: z
    .string()
    .max(1_800)
    .describe(
      '`user:{name}`, `token:{name}`, `{issuer}|{subject}`; the id that stands in a key; the `key` of a server; `server.tool`.',
    ),
});

const killData = z.object({
  kind: z.enum(KILL_KINDS),
  target: z.string(),
  organisation: z.string(),
  reason: z.string(),
  by: z.string().nullable().describe('Who did it, as the audit has it.'),
  killedAt: TIME,
});
type KillData = z.infer<typeof killData>;

export function killRoutes(parts: AdminParts): readonly AdminRoute[] {
  return [listKills(parts), kill(parts), revive(parts)];
}

const OF = { tag: 'kill switch', gate: 'manage' } as const;
const EXAMPLE = { params: { kind: 'tool', target: '{serverTool}' } };

function listKills({ store }: AdminParts): AdminRoute {
  const query = listQuery(SORTS, { kind: z.enum(KILL_KINDS).optional() });
  return adminRoute({
    ...{ ...OF, id: 'listKills', method: 'GET', path: '/api/v1/kill' },
    say: 'All that the kill switch holds in the organisation.',
    query,
    data: listData(killData),
    example: {},
    answer: async ({ actor, query: asked }) => {
      const page = pageAsked({ ...asked, sort: asked.sort ?? '-killedAt' }, SORTS);
      const equal = { state: KILLED, ...(asked.kind === undefined ? {} : { kind: asked.kind }) };
      const stored = await store.read(overlay.list(actor, { ...page, equal }));
      const by = await killersOf({ store }, actor, stored);
      return { data: listed({ ...page, stored }, placeOf(page), (row) => told(row, by)) };
    },
  });
}

/** By the id of the row. */
type Killers = ReadonlyMap<string, string>;

async function killersOf(
  { store }: Pick<AdminParts, 'store'>,
  actor: Actor,
  rows: readonly OverlayRow[],
): Promise<Killers> {
  if (rows.length === 0) return new Map();
  const acts = await store.read(
    killers(
      actor,
      rows.map(({ id }) => id),
    ),
  );
  // In the order in which it was done; the last one counts.
  return new Map(acts.map(({ targetId, actor: by }) => [targetId, by]));
}

function told({ id, kind, target, organisation, reason, updatedAtMs }: OverlayRow, by: Killers): KillData {
  const known = KILL_KINDS.find((each) => each === kind) ?? 'server';
  return { kind: known, target, organisation, reason, by: by.get(id) ?? null, killedAt: rfc3339(updatedAtMs) };
}

function kill(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...OF, id: 'kill', method: 'PUT', path: '/api/v1/kill/{kind}/{target}' },
    say: 'Refuses a principal, a key, a server or a tool everywhere, from now on.',
    more: MORE,
    params,
    body: z.strictObject({ reason: line(500).describe('For those who look at it later.') }),
    data: killData,
    errors: ['not_found', 'conflict', 'changed_meanwhile'],
    example: { ...EXAMPLE, body: { reason: 'It deletes what it should not.' } },
    answer: async ({ actor, params: { kind, target: written }, body: { reason } }) => {
      const target = targetIn(written);
      await checkTarget(parts, actor, kind, target);
      const before = await rowOf(parts, actor, kind, target);
      const row = killedRow(parts, actor, { kind, target, reason, before });
      const change = before
        ? overlay.update(actor, {
            id: row.id,
            version: before.version,
            set: { state: KILLED, reason },
            atMs: row.updatedAtMs,
          })
        : overlay.insert(actor, row);
      await saved(parts, actor, change, auditOf('set', row, before, row));
      return { data: told(row, new Map([[row.id, actor.id]])) };
    },
  });
}

interface Killing extends Pick<OverlayRow, 'target' | 'reason'> {
  readonly kind: KillKind;
  readonly before: OverlayRow | undefined;
}

function killedRow({ now }: AdminParts, actor: Actor, { before, ...values }: Killing): OverlayRow {
  const atMs = now();
  if (!before) return overlay.fresh(actor, { ...values, state: KILLED }, atMs);
  return { ...before, state: KILLED, reason: values.reason, updatedAtMs: atMs };
}

function revive(parts: AdminParts): AdminRoute {
  return adminRoute({
    ...{ ...OF, id: 'revive', method: 'DELETE', path: '/api/v1/kill/{kind}/{target}' },
    say: 'Takes the kill switch back.',
    params,
    data: z.object({}),
    errors: ['not_found', 'changed_meanwhile'],
    example: { params: { kind: 'tool', target: '{killedTool}' } },
    answer: async ({ actor, params: { kind, target } }) => {
      const row = await rowOf(parts, actor, kind, targetIn(target));
      if (row?.state !== KILLED) throw new AdminError('not_found');
      const change = overlay.remove(actor, { id: row.id, version: row.version });
      await saved(parts, actor, change, auditOf('lift', row, row, undefined));
      return { data: {} };
    },
  });
}

async function rowOf(
  { store }: AdminParts,
  actor: Actor,
  kind: KillKind,
  target: string,
): Promise<OverlayRow | undefined> {
  const [row] = await store.read(overlay.having(actor, { kind, target }));
  return row;
}

async function saved({ store, publisher }: AdminParts, actor: Actor, change: Change, audited: Audited): Promise<void> {
  const touched = [{ kind: 'overlay' as const, id: audited.targetId, organisation: actor.organisation }];
  await store.write(actor, { changes: [change], touched, audit: [audited] }).catch(orAgain);
  await publisher.settled();
}

/** Somebody else did so at this moment. */
function orAgain(error: unknown): never {
  const isRace = error instanceof AdminError && error.kind === 'conflict';
  throw isRace ? new AdminError('changed_meanwhile', { cause: error }) : error;
}

function auditOf(act: 'set' | 'lift', { id, kind, target }: OverlayRow, before: unknown, after: unknown): Audited {
  const outcome = { action: `kill.${act}`, outcome: 'done', reason: '' };
  return {
    ...outcome,
    kind: 'overlay',
    targetId: id,
    targetName: `${kind} ${target}`,
    before: state(before),
    after: state(after),
  };
}

function state(row: unknown): unknown {
  if (row === undefined) return undefined;
  const { state: said, reason } = row as OverlayRow;
  return { state: said, reason };
}
