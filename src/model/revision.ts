/*
 * The protocol revisions served, newest first. A revision is an opaque name here; what it means stands in `wire/`.
 */
export const REVISIONS = ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;

export type Revision = (typeof REVISIONS)[number];

export function isRevision(text: string): text is Revision {
  return (REVISIONS as readonly string[]).includes(text);
}
