/*
 * What a valid configuration may not mean: told as warnings, never refused.
 */
import type { Config } from './config.ts';
import type { Fault } from './problem.ts';

export function adviceOn(config: Config): Fault[] {
  const advice: Fault[] = [];
  if (config.servers.length === 0) advice.push({ path: [], say: 'The file names no servers.' });
  for (const { name, limits } of config.servers) {
    if (limits.callTimeoutMs <= limits.callTimeMaxMs) continue;
    advice.push({
      path: ['servers', name, 'callTimeoutMs'],
      say: `Calls end after callTimeMaxMs (${limits.callTimeMaxMs}), before callTimeoutMs (${limits.callTimeoutMs}).`,
      suggestion: 'Raise callTimeMaxMs too.',
    });
  }
  if (config.publicUrl !== undefined && config.auth.tokens.length === 0) {
    advice.push({
      path: ['publicUrl'],
      say: 'No authentication is configured: whoever reaches this address acts as the local user.',
      suggestion: 'Add a token under "auth.tokens".',
    });
  }
  return advice;
}
