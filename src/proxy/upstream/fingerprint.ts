/*
 * A short, stable name for a set of client capabilities: clients with equal ones may share an upstream session of one
 * principal, all others never do (design §7).
 */
import { createHash } from 'node:crypto';

/** `''` for no capabilities. `capabilities` is compact JSON text. */
export function fingerprintOf(capabilities: string): string {
  return capabilities === '{}' ? '' : createHash('sha256').update(capabilities).digest('base64url').slice(0, 22);
}
