/*
 * One call over the link, and once more when the server finds that our header fields do not agree with the body (-32020).
 *
 * Fields that mirror arguments are made from the list of its tools, so such a list is old (2026-07-28, Streamable HTTP ›
 * Custom Headers). It is read anew; if that changes the fields the call is made again, for the server refused it before it
 * did anything. Fields that the client has made are the client's to put right.
 */
import { errorCodeOf } from '../../wire/codec.ts';
import { codecOf } from '../../wire/codecs.ts';
import type { RoutedCall, Way } from '../route/route.ts';
import { makeParamHeaders } from '../upstream/header-params.ts';
import type { Answer } from '../upstream/transport.ts';
import type { BridgeParts } from './bridge.ts';

const HEADER_MISMATCH = -32020;

export async function callServer(call: RoutedCall, way: Way, parts: BridgeParts): Promise<Answer> {
  const answer = await way.link.call(call);
  if (answer.message.kind !== 'error' || errorCodeOf(answer.message) !== HEADER_MISMATCH) return answer;
  const serverHeaders = await headersAnew(call, way, parts);
  return serverHeaders ? way.link.call({ ...call, serverHeaders }) : answer;
}

/** Undefined when they would be the same, or are not ours. */
async function headersAnew(call: RoutedCall, way: Way, parts: BridgeParts): Promise<readonly string[] | undefined> {
  const { message, target, paramHeaders, cancellation, serverHeaders } = call;
  const areClients = codecOf(call.revision).mirrorsParams && paramHeaders !== undefined;
  if (message.method !== 'tools/call' || areClients) return undefined;
  await cancellation.race(way.upstream.offers.reread('tools'));
  const now = parts.readmit(call);
  if (now.server !== target?.server || now.key !== target.key) return undefined;
  const headers = makeParamHeaders(now.headerParams, message);
  return headers.join('\n') === serverHeaders.join('\n') ? undefined : headers;
}
