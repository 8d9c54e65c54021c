/*
 * A client that reads questions as results, and a server that asks by requests of its own.
 */
import type { Reply } from '../../model/reply.ts';
import type { RoutedCall, Way } from '../route/route.ts';
import { answered, type BridgeParts } from './bridge.ts';

export async function convert(call: RoutedCall, way: Way, parts: BridgeParts): Promise<Reply> {
  return answered(call, way, await way.link.call(call), parts);
}
