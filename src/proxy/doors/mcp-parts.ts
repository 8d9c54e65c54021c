/*
 * What every door that speaks MCP is handed: the pipeline, and what of a client outlives one call.
 */
import type { Call } from '../../model/call.ts';
import type { Emit } from '../../model/event.ts';
import type { Limits } from '../../model/limits.ts';
import type { Handler } from '../layer.ts';
import type { Streams } from '../limit/streams.ts';
import type { Views } from '../policy/view.ts';
import type { Hub } from '../session/hub.ts';
import type { Notices } from '../session/notices.ts';
import type { Sessions } from '../session/sessions.ts';
import type { TimerWheel } from '../timer-wheel.ts';

export interface McpParts {
  readonly pipeline: Handler<Call>;
  readonly sessions: Sessions;
  readonly notices: Notices;
  readonly hub: Hub;
  readonly streams: Streams;
  readonly views: Views;
  readonly wheel: TimerWheel;
  readonly limits: () => Limits;
  readonly emit: Emit;
}
