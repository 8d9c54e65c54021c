/*
 * Puts together what the bridge keeps between a question and its answer: parked calls, sealed states, and their keys.
 */
import type { Emit } from '../../model/event.ts';
import type { Limits } from '../../model/limits.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { type KeyFile, KeyRing } from './key-ring.ts';
import { Parks } from './parks.ts';
import { States } from './states.ts';
import { TASK_IDS_KEPT_MS, Tasks } from './tasks.ts';

export interface BridgeGround {
  readonly node: string;
  readonly limits: () => Limits;
  readonly wheel: TimerWheel;
  readonly emit: Emit;
  /** By its name. */
  readonly keyFile: (name: string) => KeyFile;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onFailure: (what: string, error: unknown) => void;
}

export interface Bridge {
  readonly parks: Parks;
  readonly states: States;
  readonly tasks: Tasks;
}

export function buildBridge({ keyFile, now, onFailure, ...ground }: BridgeGround): Bridge {
  const keptMs = () => Math.max(ground.limits().requestStateTimeMs, ground.limits().questionTimeoutMs);
  const ring = new KeyRing({ file: keyFile('state-keys.json'), now, keptMs, onFailure });
  // Ids of tasks are good for longer.
  const taskRing = new KeyRing({ file: keyFile('task-keys.json'), now, keptMs: () => TASK_IDS_KEPT_MS, onFailure });
  return { parks: new Parks(ground), states: new States({ ring, now }), tasks: new Tasks(taskRing) };
}
