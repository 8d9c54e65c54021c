/*
 * Loose JSON-RPC messages for the rig: read what is there, believe nothing.
 */
import type { JsonObject } from './scripted-script.ts';

export type RpcId = string | number;

export interface RpcMessage extends JsonObject {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of keys; undefined when a step is missing. */
export function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Record<string | number, unknown>)[key];
  }
  return here;
}

export function parseObject(text: string): RpcMessage | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isRequest(message: RpcMessage): message is RpcMessage & { id: RpcId; method: string } {
  return typeof message.method === 'string' && (typeof message.id === 'string' || typeof message.id === 'number');
}

export function notification(method: string, params: JsonObject = {}): RpcMessage {
  return { jsonrpc: '2.0', method, params };
}

export function request(id: RpcId, method: string, params: JsonObject = {}): RpcMessage {
  return { jsonrpc: '2.0', id, method, params };
}

export function resultOf(id: unknown, result: unknown): RpcMessage {
  return { jsonrpc: '2.0', id, result };
}

export function errorOf(id: unknown, code: number, message: string, data?: unknown): RpcMessage {
  return { jsonrpc: '2.0', id: id ?? null, error: data === undefined ? { code, message } : { code, message, data } };
}
