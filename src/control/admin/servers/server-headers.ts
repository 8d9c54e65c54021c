/*
 * The header fields of a server: secrets that are set and taken away one by one, and shown to nobody again.
 *
 * They were given for an address. Whoever may change the address, and not read them, would read them by having them sent to
 * a server of their own: so a new origin takes header fields that are sent with it, and none that is stored.
 */
import type { FieldFault } from '../../../model/admin-errors.ts';
import type { SecretRow } from '../../store/tables.ts';
import type { ServerDraft } from './server-draft.ts';

export const HEADER_KIND = 'server_header';

export type SentHeaders = Readonly<Record<string, string | null>>;

export interface HeaderPlan {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly removed: readonly SecretRow[];
  readonly kept: readonly SecretRow[];
  /** Of all that there will be. */
  readonly names: readonly string[];
}

export function planHeaders(stored: readonly SecretRow[], sent: SentHeaders = {}): HeaderPlan {
  const touched = new Set(Object.keys(sent).map((name) => name.toLowerCase()));
  const isTouched = ({ name }: SecretRow) => touched.has(name.toLowerCase());
  const set = Object.entries(sent).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  const kept = stored.filter((row) => !isTouched(row));
  const names = [...kept.map(({ name }) => name), ...set.map(([name]) => name)];
  return { set, removed: stored.filter(isTouched), kept, names };
}

export function originFaults(before: ServerDraft, after: ServerDraft, { kept }: HeaderPlan): FieldFault[] {
  if (kept.length === 0) return [];
  const known = new Set(addressesOf(before).map(originOf));
  const say = 'The stored header fields were given for another origin. Send them with it, or null for each.';
  const isNew = (url: string) => !known.has(originOf(url));
  const replicas = after.replicas.flatMap(({ url }, at) => (isNew(url) ? [`body.replicas.${at}.url`] : []));
  return [...(isNew(after.url) ? ['body.url'] : []), ...replicas].map((field) => ({ field, say }));
}

function addressesOf({ url, replicas }: ServerDraft): readonly string[] {
  return [url, ...replicas.map((replica) => replica.url)];
}

function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : address;
}
