/*
 * What is known of something that a client has open, for operators.
 */
import { randomBytes } from 'node:crypto';
import type { ClientFacts, DoorName } from '../../model/call.ts';
import type { Principal } from '../../model/principal.ts';
import type { Revision } from '../../model/revision.ts';

export interface Opened {
  /** Not the client's own name of it. */
  readonly reportId: string;
  readonly kind: 'session' | 'stream';
  readonly principal: Principal;
  readonly endpoint: string;
  readonly door: DoorName;
  readonly revision: Revision;
  readonly client: ClientFacts;
  /** Monotonic. */
  readonly openedMs: number;
  readonly lastUsedMs: number;
  readonly streamCount: number;
  readonly callCount: number;
  readonly end: () => void;
}

/** Another one in every process: an operator's list may be older than this one. */
const PROCESS = randomBytes(6).toString('base64url');
let count = 0;

export function nextReportId(): string {
  count += 1;
  return `open_${PROCESS}${count}`;
}
