/*
 * All codecs by revision.
 */
import { REVISIONS, type Revision } from '../model/revision.ts';
import type { Codec } from './codec.ts';
import { codec20241105 } from './rev2024-11-05/codec.ts';
import { codec20250326 } from './rev2025-03-26/codec.ts';
import { codec20250618 } from './rev2025-06-18/codec.ts';
import { codec20251125 } from './rev2025-11-25/codec.ts';
import { codec20260728 } from './rev2026-07-28/codec.ts';

const CODECS: Readonly<Record<Revision, Codec>> = {
  '2026-07-28': codec20260728,
  '2025-11-25': codec20251125,
  '2025-06-18': codec20250618,
  '2025-03-26': codec20250326,
  '2024-11-05': codec20241105,
};

export function codecOf(revision: Revision): Codec {
  return CODECS[revision];
}

/** The revisions whose requests describe themselves, newest first; `server/discover` offers these. */
export const SELF_DESCRIBING: readonly Revision[] = REVISIONS.filter((revision) => CODECS[revision].era === 'modern');
/** The revisions that open with `initialize`, newest first. */
export const SESSIONFUL: readonly Revision[] = REVISIONS.filter((revision) => CODECS[revision].era === 'legacy');

/** Every request method of every revision: a closed set of label values. */
export function knownMethods(): ReadonlySet<string> {
  return new Set(Object.values(CODECS).flatMap((codec) => [...codec.requests]));
}
