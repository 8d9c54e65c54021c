/*
 * A client that reads questions as requests, and a server that asks by results.
 */
import type { Reply } from '../../model/reply.ts';
import type { RoutedCall, Way } from '../route/route.ts';
import { answered, type BridgeParts } from './bridge.ts';

export async function unroll(call: RoutedCall, way: Way, parts: BridgeParts): Promise<Reply> {
  return answered(call, way, await way.link.call(call), parts);
}
