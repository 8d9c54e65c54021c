/*
 * What a valid configuration may not mean: told as warnings, never refused.
 */
import { asksForCredentials } from '../model/identity.ts';
import type { Config } from './config.ts';
import { isLoopback } from './loopback.ts';
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
  if (config.publicUrl !== undefined && !asksForCredentials(config.identity)) {
    advice.push({
      path: ['publicUrl'],
      say: 'No authentication is configured: whoever reaches this address acts as the local user.',
      suggestion: 'Add a token under "auth.tokens".',
    });
  }
  advice.push(...adviceOnAdmin(config));
  if (!isLoopback(config.listen.host) || config.publicUrl === undefined) return advice;
  for (const name of config.identity.openServers) {
    advice.push({
      path: ['servers', name, 'auth', 'tokens'],
      say: 'An empty list lets everybody who reaches publicUrl call this server.',
    });
  }
  return advice;
}

function adviceOnAdmin({ control: { isServed, listen } }: Config): Fault[] {
  if (!isServed || !listen || listen.tls || isLoopback(listen.host)) return [];
  return [
    {
      path: ['admin', 'listen', 'host'],
      say: 'Passwords would go over the network in clear.',
      suggestion: 'Add "tls", or listen on 127.0.0.1 behind a proxy with TLS.',
    },
  ];
}
