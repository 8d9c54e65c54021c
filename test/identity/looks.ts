/*
 * One caller at one endpoint, over whatever door: asks, and says what came in the same words for all doors.
 */

import type { Stage } from '../flow/stage.ts';
import { at } from '../rig/json-rpc.ts';
import type { JsonObject } from '../rig/scripted-script.ts';

export interface Said {
  readonly result: unknown;
  readonly error: unknown;
}

export interface Look {
  ask(method: string, params?: JsonObject): Promise<Said>;
  /** What is said of the endpoint first, as text. */
  facts(): Promise<string>;
}

export interface Caller {
  readonly endpoint: string;
  readonly token: string;
}

type Opens = (stage: Stage, caller: Caller) => Promise<Look>;

const headersOf = ({ token }: Caller) => ({ authorization: `Bearer ${token}` });
const CAPABILITIES = { extensions: { 'io.modelcontextprotocol/tasks': {} } };

const modern: Opens = async (stage, caller) => {
  const client = stage.modern(caller.endpoint, { headers: headersOf(caller), capabilities: CAPABILITIES });
  const ask = async (method: string, params: JsonObject = {}) => saidIn((await client.call(method, params)).answer);
  return { ask, facts: async () => JSON.stringify((await ask('server/discover')).result) };
};

const legacy: Opens = async (stage, caller) => {
  const client = await stage.legacy(caller.endpoint, { headers: headersOf(caller) });
  const ask = async (method: string, params: JsonObject = {}) => saidIn((await client.call(method, params)).answer);
  return { ask, facts: async () => JSON.stringify(client.initialized?.result) };
};

const sse: Opens = async (stage, caller) => {
  const client = await stage.sse(caller.endpoint, { headers: headersOf(caller) });
  const ask = async (method: string, params: JsonObject = {}) => saidIn(await client.call(method, params));
  return { ask, facts: async () => JSON.stringify((await client.call('ping')).result) };
};

export const DOORS = { modern, legacy, sse } as const satisfies Record<string, Opens>;
export type Door = keyof typeof DOORS;

function saidIn(answer: unknown): Said {
  return { result: at(answer, 'result'), error: at(answer, 'error') };
}

/** All of a list. */
export async function allOf(look: Look, method: string, member: string): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = [];
  for (let cursor: unknown; ; ) {
    const { result } = await look.ask(method, cursor === undefined ? {} : { cursor });
    found.push(...((at(result, member) ?? []) as JsonObject[]));
    cursor = at(result, 'nextCursor');
    if (cursor === undefined) return found;
  }
}
