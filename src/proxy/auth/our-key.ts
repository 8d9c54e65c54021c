/*
 * What is meant to be an API key of ours is judged, also where nobody is asked for a credential: who presents a key that was
 * taken back must not go on as the local user.
 */
import type { IncomingMessage } from 'node:http';
import { KEY_PREFIX } from '../../model/key-text.ts';

/** Whether something is meant to be a key of ours, also where it is no more than begun like one. */
export function isOurKey(credential: string): boolean {
  return credential.startsWith(KEY_PREFIX);
}

/** The same before it is read: what stands beside a key, or is written otherwise than it should be, is no reason to let in. */
export function namesOurKey({ authorization, 'x-api-key': apiKey }: IncomingMessage['headers']): boolean {
  if (authorization === undefined && apiKey === undefined) return false;
  return `${authorization} ${apiKey}`.includes(KEY_PREFIX);
}
