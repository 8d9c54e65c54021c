/*
 * Rules as they are stored, and those of the file beside them: found, listed in one order, and written with their audit.
 */
import { mapOf } from '../../../config/raw.ts';
import { AdminError } from '../../../model/admin-errors.ts';
import type { Actor } from '../../actor.ts';
import type { Audited, Change } from '../../store/store.ts';
import { listed, pageAsked, placeOf } from '../kit/list.ts';
import { headOf } from '../kit/object.ts';
import { type FoundRule, type Rule, type RuleKind, type RuleRow, viewOf } from './rule-kind.ts';
import type { RuleContext, RuleQuery } from './rule-routes.ts';

export async function ruleById({ parts, kind }: RuleContext, actor: Actor, id: string): Promise<FoundRule> {
  const ofFile = kind.ofFile(parts, actor).find(({ head }) => head.id === id);
  if (ofFile) return ofFile;
  const [row] = await parts.store.read(kind.queries.get(actor, id));
  if (!row) throw new AdminError('not_found');
  return foundIn(row);
}

export async function changeable(context: RuleContext, actor: Actor, id: string): Promise<FoundRule> {
  const found = await ruleById(context, actor, id);
  if (found.head.origin === 'file') throw new AdminError('read_only');
  return found;
}

export function foundIn(row: RuleRow): FoundRule {
  const { name, description, priority, enabled, definitionJson } = row;
  return {
    head: headOf(row),
    rule: { name, description, priority, enabled: enabled !== 0, stated: statedIn(definitionJson) },
  };
}

/** What another version wrote and this one cannot read is shown as nothing; the publisher says what it is taken for. */
function statedIn(text: string): Rule['stated'] {
  try {
    return mapOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/** In the query → the column. */
export const RULE_SORTS = { name: 'name', priority: 'priority', createdAt: 'createdAtMs' } as const;

export async function listedRules(context: RuleContext, actor: Actor, query: RuleQuery) {
  const { parts, kind } = context;
  const page = pageAsked({ ...query, sort: query.sort ?? '-priority' }, RULE_SORTS);
  const asked = { ...page, ...filtersOf(query) };
  const rows = query.origin === 'file' ? [] : await parts.store.read(kind.queries.list(actor, asked));
  const ofFile = query.origin === 'store' ? [] : kind.ofFile(parts, actor).filter((found) => fits(found, query));
  const stored = rows.map((row) => ({ ...row, found: foundIn(row) }));
  return listed({ ...page, stored, ofFile: ofFile.map(placed) }, placeOf(page), ({ found }) => viewOf(found));
}

function filtersOf({ q, name, enabled }: RuleQuery) {
  return {
    equal: {
      ...(name === undefined ? {} : { name }),
      ...(enabled === undefined ? {} : { enabled: enabled === 'true' ? 1 : 0 }),
    },
    contains: q === undefined ? undefined : { columns: ['name', 'description'] as const, text: q },
  };
}

function fits({ rule }: FoundRule, { q, name, enabled }: RuleQuery): boolean {
  if (name !== undefined && rule.name !== name) return false;
  if (enabled === 'false') return false;
  return q === undefined || `${rule.name}\n${rule.description}`.toLowerCase().includes(q.toLowerCase());
}

/** What the file defines is older than everything stored. */
function placed(found: FoundRule) {
  const { name, priority } = found.rule;
  return { id: found.head.id, name, priority, createdAtMs: 0, found };
}

export async function saveNew(context: RuleContext, actor: Actor, rule: Rule): Promise<FoundRule> {
  const { parts, kind } = context;
  refuseTwice(context, actor, rule.name);
  const row = kind.queries.fresh(actor, valuesOf(rule), parts.now());
  const audit = auditOf(kind, 'create', row.id, { before: undefined, after: rule });
  await written(context, actor, row.id, kind.queries.insert(actor, row), audit);
  return foundIn(row);
}

interface Saving {
  readonly rule: Rule;
  readonly ifMatch: number | undefined;
  readonly action: string;
}

export async function save(
  context: RuleContext,
  actor: Actor,
  { head, rule: before }: FoundRule,
  { rule, ifMatch = head.version, action }: Saving,
): Promise<FoundRule> {
  const { parts, kind } = context;
  if (rule.name !== before.name) refuseTwice(context, actor, rule.name);
  const atMs = parts.now();
  const change = kind.queries.update(actor, { id: head.id, version: ifMatch, set: valuesOf(rule), atMs });
  await written(context, actor, head.id, change, auditOf(kind, action, head.id, { before, after: rule }));
  const updatedAt = new Date(atMs).toISOString();
  return { head: { ...head, version: ifMatch + 1, updatedAt }, rule };
}

export async function take(
  context: RuleContext,
  actor: Actor,
  { head: { id, version }, rule }: FoundRule,
  ifMatch = version,
): Promise<void> {
  const { kind } = context;
  const change = kind.queries.remove(actor, { id, version: ifMatch });
  await written(context, actor, id, change, auditOf(kind, 'delete', id, { before: rule, after: undefined }));
}

/** Refuses what saving would refuse: a name that another rule has. */
export async function twin(context: RuleContext, actor: Actor, name: string, id: string | undefined): Promise<void> {
  const { parts, kind } = context;
  refuseTwice(context, actor, name);
  const rows = await parts.store.read(kind.queries.having(actor, { name }));
  if (rows.some((row) => row.id !== id)) throw new AdminError('conflict');
}

/** The file wins a clash of names, so what would never hold is not taken. */
function refuseTwice({ parts, kind }: RuleContext, actor: Actor, name: string): void {
  const clashes = kind.ofFile(parts, actor).some(({ rule }) => rule.name === name);
  if (clashes)
    throw new AdminError('conflict', { say: 'The configuration file has one of this name. Choose another name.' });
}

async function written(
  { parts, kind }: RuleContext,
  actor: Actor,
  id: string,
  change: Change,
  audited: Audited,
): Promise<void> {
  const touched = [{ kind: kind.table, id, organisation: actor.organisation }];
  await parts.store.write(actor, { changes: [change], touched, audit: [audited] });
  await parts.publisher.settled();
}

function valuesOf({ name, description, priority, enabled, stated }: Rule) {
  return { name, description, priority, enabled: enabled ? 1 : 0, definitionJson: JSON.stringify(stated) };
}

interface Both {
  readonly before: Rule | undefined;
  readonly after: Rule | undefined;
}

function auditOf({ audited, table }: RuleKind, action: string, targetId: string, { before, after }: Both): Audited {
  const targetName = (after ?? before)?.name ?? '';
  return {
    action: `${audited}.${action}`,
    outcome: 'done',
    kind: table,
    targetId,
    targetName,
    reason: '',
    before,
    after,
  };
}
