/*
 * The outermost ring: whatever happened inside leaves as one reply in the client's revision, and as one event.
 */
import type { Call, PermittedCall } from '../../model/call.ts';
import { type ErrorCode, type GatewayError, toGatewayError } from '../../model/errors.ts';
import type { Emit } from '../../model/event.ts';
import type { Layer } from '../layer.ts';
import { errorReply } from './encode.ts';

export interface RescueParts {
  readonly emit: Emit;
  readonly clock: () => number;
  /** Told of every failure, with what a client is not told. */
  readonly log: (error: GatewayError, call: Call) => void;
}

export const rescue =
  (parts: RescueParts): Layer<Call, Call> =>
  (next) =>
    async function rescueLayer(call) {
      const startedMs = parts.clock();
      try {
        const reply = await next(call);
        say(parts, call, { outcome: 'ok', rule: '' }, startedMs);
        return reply;
      } catch (thrown) {
        const error = toGatewayError(thrown);
        say(parts, call, { outcome: error.code, rule: ruleIn(error) }, startedMs);
        if (error.limit !== undefined)
          parts.emit({ type: 'limit_hit', limit: error.limit, principal: principalOf(call) });
        parts.log(error, call);
        return errorReply(call, error);
      }
    };

interface Ended {
  readonly outcome: 'ok' | ErrorCode;
  /** Of a refusal. */
  readonly rule: string;
}

function say(parts: RescueParts, call: Call, { outcome, rule }: Ended, startedMs: number): void {
  // The rings grow one object, so that what was learnt before a failure is here.
  const grown = call as Partial<PermittedCall> & Call;
  parts.emit({
    type: 'call',
    requestId: 'request' in call.verdict ? call.verdict.request.id : '',
    method: call.message.method,
    endpoint: call.endpoint,
    server: grown.target?.server ?? '',
    principal: principalOf(call),
    rule: rule || (grown.permit?.rule ?? ''),
    outcome,
    durationMs: parts.clock() - startedMs,
  });
}

function ruleIn({ internal }: GatewayError): string {
  return typeof internal.rule === 'string' ? internal.rule : '';
}

function principalOf(call: Call): string {
  return 'principal' in call.verdict ? call.verdict.principal.id : '';
}
