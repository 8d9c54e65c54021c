/*
 * Revision 2025-06-18: as 2025-11-25 on our road; what differs (URL elicitation, tasks, icons) is payload that passes.
 */
import type { Codec } from '../codec.ts';
import { codec20251125 } from '../rev2025-11-25/codec.ts';

export const codec20250618: Codec = { ...codec20251125, revision: '2025-06-18' };
