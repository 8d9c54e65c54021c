/*
 * That no two entries of a list share what tells them apart. The value itself is not quoted: it may be a secret.
 */
import type { Path, Report } from './problem.ts';
import { listOf, mapOf } from './raw.ts';
import { UNKNOWN } from './values.ts';

export function checkUnique(list: unknown, fields: readonly string[], path: Path, report: Report): void {
  for (const field of fields) {
    const seen = new Set<unknown>();
    listOf(list).forEach((entry, at) => {
      const value = mapOf(entry)[field];
      if (value === undefined || value === UNKNOWN) return;
      if (seen.has(value)) report({ path: [...path, at, field], say: `Another entry has the same ${field}.` });
      seen.add(value);
    });
  }
}
