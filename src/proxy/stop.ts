/*
 * The end of the data plane, from the outside in: no new calls, those in flight may end, then the servers.
 */
import type { Server } from 'node:http';
import type { Emit } from '../model/event.ts';
import type { Limits } from '../model/limits.ts';
import type { McpStdioDoor } from './doors/mcp-stdio.ts';
import type { Streams } from './limit/streams.ts';
import type { Sessions } from './session/sessions.ts';
import type { TimerWheel } from './timer-wheel.ts';
import type { ListMemory } from './upstream/list-memory.ts';
import type { Upstreams } from './upstream/upstreams.ts';

export interface Stopping {
  readonly doors: readonly Server[];
  readonly pipes: McpStdioDoor;
  /** Read by the doors: new work is refused once it is set. */
  readonly draining: { now: boolean };
  readonly sessions: Sessions;
  readonly streams: Streams;
  readonly memory: ListMemory;
  readonly upstreams: Upstreams;
  readonly wheel: TimerWheel;
  readonly limits: () => Limits;
  readonly emit: Emit;
}

/** Longer than a child may take that has to be killed in the end (stdio.ts). */
const SERVERS_STOP_WITHIN_MS = 2_500;

export async function stopAll(parts: Stopping): Promise<void> {
  const { doors, pipes, streams, wheel, limits, emit } = parts;
  parts.draining.now = true;
  const closed = Promise.all([...doors.map((door) => new Promise((resolve) => door.close(resolve))), pipes.close()]);
  streams.drain();
  for (const door of doors) door.closeIdleConnections();
  const deadline = wheel.sleep(limits().drainTimeoutMs);
  const cutOff = await Promise.race([closed.then(() => false), deadline.done.then(() => true)]);
  if (cutOff) emit({ type: 'limit_hit', limit: 'drainTimeoutMs', principal: '' });
  deadline.wake();
  parts.sessions.stop();
  await parts.memory.flush();
  const late = wheel.sleep(SERVERS_STOP_WITHIN_MS);
  await parts.upstreams.stop(late.done);
  late.wake();
  for (const door of doors) door.closeAllConnections();
  pipes.cut();
  wheel.close();
}
