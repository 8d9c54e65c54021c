/*
 * Puts together what the bridge keeps between a question and its answer: parked calls, sealed states, and their keys.
 */
import type { Emit } from '../../model/event.ts';
import type { Limits } from '../../model/limits.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import { type KeyFile, KeyRing } from './key-ring.ts';
import { Parks } from './parks.ts';
import { States } from './states.ts';

export interface BridgeGround {
  readonly node: string;
  readonly limits: () => Limits;
  readonly wheel: TimerWheel;
  readonly emit: Emit;
  readonly keyFile: KeyFile;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onFailure: (what: string, error: unknown) => void;
}

export function buildBridge({ keyFile, now, onFailure, ...ground }: BridgeGround): { parks: Parks; states: States } {
  const keptMs = () => Math.max(ground.limits().requestStateTimeMs, ground.limits().questionTimeoutMs);
  const ring = new KeyRing({ file: keyFile, now, keptMs, onFailure });
  return { parks: new Parks(ground), states: new States({ ring, now }) };
}
