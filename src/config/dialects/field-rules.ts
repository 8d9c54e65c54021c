/*
 * Rules for fields that several clients share under different names.
 *
 * Two of them guard what is offered: a list of allowed tools is taken word for word, and since `*` stands for any
 * characters here but for itself there, such a name is left out of what is allowed.
 */
import { LIMITS } from '../../model/limits.ts';
import type { Entry, Node } from '../tree.ts';
import { type Field, itemsOf, type ServerDraft, written } from './draft.ts';

export function renamed(field: string): Field {
  return (draft, entry, key) => {
    if (!draft.has(field)) draft.set(field, entry, [key]);
  };
}

/** `disabled: true` → `enabled: false`. */
export const inverted: Field = (draft, entry, key) => {
  const { node } = entry;
  const turned = node.kind === 'scalar' && typeof node.value === 'boolean' ? { ...node, value: !node.value } : node;
  draft.set('enabled', { ...entry, node: turned }, [key]);
};

export const allowedTools: Field = (draft, entry, key) => {
  draft.put('tools', 'allow', { ...entry, node: withoutPatterns(entry.node, draft, key) }, [key]);
};

export const blockedTools: Field = (draft, entry, key) => draft.put('tools', 'block', entry, [key]);

function withoutPatterns(node: Node, draft: ServerDraft, key: string): Node {
  if (node.kind !== 'list') return node;
  const items = node.items.filter((item) => !(item.kind === 'scalar' && item.source.includes('*')));
  if (items.length < node.items.length)
    draft.warn(key, 'A name with "*" is left out: the client means that character, and here it would mean any.');
  return { ...node, items };
}

/** Time to wait for a call. `scale` is how many milliseconds one is: 1, or 1000 where the client counts seconds. */
export function callTimeout(scale: number): Field {
  return (draft, entry, key) => {
    const ms = milliseconds(entry, scale);
    if (ms === undefined) return draft.warn(key, 'This is not a time, ignored.');
    draft.set('callTimeoutMs', clamped(entry, ms, LIMITS.callTimeoutMs), [key]);
    if (ms > LIMITS.callTimeMaxMs.initial) draft.set('callTimeMaxMs', clamped(entry, ms, LIMITS.callTimeMaxMs), [key]);
  };
}

export function connectTimeout(scale: number): Field {
  return (draft, entry, key) => {
    const ms = milliseconds(entry, scale);
    if (ms === undefined) return draft.warn(key, 'This is not a time, ignored.');
    draft.set('connectTimeoutMs', clamped(entry, ms, LIMITS.connectTimeoutMs), [key]);
    draft.set('startTimeoutMs', clamped(entry, ms, LIMITS.startTimeoutMs), [key]);
  };
}

function milliseconds({ node }: Entry, scale: number): number | undefined {
  const value = node.kind === 'scalar' ? node.value : undefined;
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value * scale) : undefined;
}

/** Clients bound their times differently; theirs is no reason to refuse a file. */
function clamped(at: Entry, ms: number, { min, max }: { readonly min: number; readonly max: number }): Entry {
  return written(at, Math.min(max, Math.max(min, ms)));
}

/** The server cannot have what this field gives it. */
export function cannot(say: string, suggestion: string): Field {
  return (draft, _entry, key) => draft.fault(key, say, suggestion);
}

export const envFile: Field = cannot('Files of variables are not read.', 'Write the variables under "env".');

export const signIn: Field = (draft, _entry, key) =>
  draft.warn(key, 'Ignored: Gatewright does not sign in to servers by itself.', 'Give it a token under "headers".');

/** `{ "A": null }` takes the variable away; a child of ours gets only what is named. */
export const nullableEnv: Field = (draft, entry) => {
  if (entry.node.kind !== 'map') return draft.set('env', entry);
  const kept = [...entry.node.entries].filter(([, { node }]) => !(node.kind === 'scalar' && node.value === null));
  draft.set('env', { ...entry, node: { ...entry.node, entries: new Map(kept) } });
};

/** Turns the server off when the client's own lists do. */
export function turnOff(draft: ServerDraft, lists: { allowed: Node | undefined; excluded: Node | undefined }): void {
  const off = itemsOf(lists.excluded).includes(draft.name);
  const others = lists.allowed?.kind === 'list' && !itemsOf(lists.allowed).includes(draft.name);
  if (off || others) draft.set('enabled', written(draft.foreign, false), []);
}
