/*
 * Revision 2024-11-05: no batches. Its own HTTP+SSE framing is a door and a transport of its own; over Streamable HTTP and stdio
 * its messages are those of 2025-03-26.
 */
import type { Codec } from '../codec.ts';
import { codec20250326 } from '../rev2025-03-26/codec.ts';

export const codec20241105: Codec = { ...codec20250326, revision: '2024-11-05', batches: false };
