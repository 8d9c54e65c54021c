/*
 * The failures that a pairing is expected to have, in files of the suite's own format (`--expected-failures`): a scenario,
 * or one check of it as `scenario:check-id`. Where a check of one id is made of many things, its name tells them apart,
 * and may stand for the id. Every line must also say, in a comment after it, why the specification makes it so.
 */

import { existsSync, readFileSync } from 'node:fs';
import { isScalar, isSeq, parseDocument } from 'yaml';

export interface Expected {
  readonly scenario: string;
  /* Of the scenario's checks this one alone; all when undefined. */
  readonly check: string | undefined;
  readonly reason: string;
}

const folder = new URL('expected/', import.meta.url);

/* Nothing where there is no such file. */
export function readExpected(file: string, side: 'server' | 'client'): readonly Expected[] {
  const place = new URL(file, folder);
  return existsSync(place) ? expectedIn(readFileSync(place, 'utf8'), side, file) : [];
}

export function expectedIn(text: string, side: 'server' | 'client', file: string): readonly Expected[] {
  const document = parseDocument(text);
  if (document.errors[0] !== undefined) throw new Error(`${file}: ${document.errors[0].message}`);
  const lines = document.get(side);
  if (!isSeq(lines)) throw new Error(`${file}: a list named ${side} is expected`);
  return lines.items.map((line) => {
    if (!isScalar(line) || typeof line.value !== 'string') throw new Error(`${file}: a line is no name: ${line}`);
    const reason = line.comment?.trim();
    if (!reason) throw new Error(`${file}: ${line.value} has no reason; write it after #`);
    const colon = line.value.indexOf(':');
    if (colon < 0) return { scenario: line.value, check: undefined, reason };
    return { scenario: line.value.slice(0, colon), check: line.value.slice(colon + 1), reason };
  });
}
