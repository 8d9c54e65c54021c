/*
 * Revision 2025-06-18: as 2025-11-25 on our road; what differs (tasks, icons) is payload that passes, except that a client
 * can be asked to fill in a form only: URLs to go to, and tools for a model, came later.
 */
import type { Codec } from '../codec.ts';
import { codec20251125 } from '../rev2025-11-25/codec.ts';

export const codec20250618: Codec = {
  ...codec20251125,
  revision: '2025-06-18',
  askable: { elicitation: ['form'], sampling: [], roots: ['listChanged'] },
};
