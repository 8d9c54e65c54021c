/*
 * A short, stable name for a set of client capabilities: clients with equal ones may share an upstream session of one
 * principal, all others never do (design §7).
 */
import { createHash } from 'node:crypto';
import type { ClientFacts } from '../../model/call.ts';
import { readValue } from '../../wire/json/members.ts';

/** `''` for no capabilities. `capabilities` is compact JSON text. */
export function fingerprintOf(capabilities: string): string {
  return capabilities === '{}' ? '' : createHash('sha256').update(capabilities).digest('base64url').slice(0, 22);
}

interface Opening {
  readonly capabilities: string;
  readonly fingerprint: string;
}

/** What clients say with every request is nearly always the same, and a session is opened with it once. */
const TEXTS_MAX = 1_000;
const TEXT_LENGTH_MAX = 4_096;
const openings = new Map<string, Opening>();
const infos = new Map<string, string>();

/**
 * A client that describes itself with every request, as one with whose words a session is opened: in compact text, for
 * a line must not break, and with the name that its session is kept under.
 */
export function openingFacts(client: ClientFacts): ClientFacts {
  const { info, logLevel } = client;
  const said = client.capabilities;
  const opening = openings.get(said) ?? remembered(openings, said, openingOf);
  const shown = info === undefined ? undefined : (infos.get(info) ?? remembered(infos, info, compact));
  return { ...opening, info: shown, logLevel };
}

/** The name alone. */
export function openingFingerprint(said: string): string {
  return (openings.get(said) ?? remembered(openings, said, openingOf)).fingerprint;
}

function openingOf(said: string): Opening {
  const capabilities = compact(said);
  return { capabilities, fingerprint: fingerprintOf(capabilities) };
}

function remembered<Value>(known: Map<string, Value>, said: string, make: (said: string) => Value): Value {
  const made = make(said);
  if (said.length > TEXT_LENGTH_MAX) return made;
  if (known.size >= TEXTS_MAX) known.clear();
  known.set(said, made);
  return made;
}

function compact(text: string): string {
  const bytes = Buffer.from(text);
  return JSON.stringify(readValue(bytes, { start: 0, end: bytes.length }));
}
