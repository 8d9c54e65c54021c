/*
 * Revision 2025-03-26: the only one with JSON-RPC batches (Base Protocol › Batching); elicitation does not exist yet.
 */
import type { Codec } from '../codec.ts';
import { codec20250618 } from '../rev2025-06-18/codec.ts';
import { answerEditsFor } from '../rev2025-11-25/codec.ts';

export const codec20250326: Codec = {
  ...codec20250618,
  revision: '2025-03-26',
  batches: true,
  // Structured content does not exist yet either.
  answerEdits: answerEditsFor('nothing'),
  questions: new Set(['sampling/createMessage', 'roots/list', 'ping']),
  askable: { sampling: [], roots: ['listChanged'] },
};
