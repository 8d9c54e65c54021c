/*
 * The newer servers of the matrix, on the second SDK: a server object per request on HTTP, one per connection on a pipe.
 */
import { inputRequired, Server, type ServerContext, type ServerEventBus } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { JsonObject } from '../../rig/scripted-script.ts';
import { type Kind, TASKS, UI } from '../kinds.ts';
import { answer, CAPABILITIES, METHODS } from './content.ts';
import type { Change, State } from './state.ts';
import { answerTask, TASK_METHODS } from './tasks.ts';
import { NeedsInput, type Questions, type Turn } from './turn.ts';

type AnyHandler = (method: string, handler: (request: { params?: unknown }, ctx: ServerContext) => unknown) => void;

export function newServer(kind: Kind, state: State): Server {
  const capabilities = { ...CAPABILITIES, extensions: { [UI]: {}, [TASKS]: {} } };
  const server = new Server({ name: kind.name, version: '1.0.0' }, { capabilities, instructions: 'Ask.' });
  for (const method of METHODS) {
    (server.setRequestHandler as AnyHandler).call(server, method, async ({ params = {} }, ctx) => {
      const remembered = rememberedBy(ctx);
      try {
        return await answer(turnOf(method, params as JsonObject, ctx, remembered), state, kind.revision);
      } catch (thrown) {
        if (thrown instanceof NeedsInput) return askFor(thrown.questions, remembered);
        throw thrown;
      }
    });
  }
  // Not part of the SDK: methods of its users' own.
  for (const method of TASK_METHODS) {
    server.setRequestHandler(method, { params: z.looseObject({}) }, (params) => answerTask(method, params, state));
  }
  return server;
}

/** All answers so far: those of earlier rounds stand in the state that the client hands back. */
function rememberedBy({ mcpReq }: ServerContext): JsonObject {
  const state: unknown = mcpReq.requestState();
  const before = typeof state === 'string' ? JSON.parse(Buffer.from(state, 'base64').toString()) : {};
  return { ...before, ...mcpReq.inputResponses };
}

function askFor(questions: Questions, remembered: JsonObject): unknown {
  const requestState = Buffer.from(JSON.stringify(remembered)).toString('base64');
  return inputRequired({ inputRequests: questions as never, requestState });
}

function turnOf(method: string, params: JsonObject, ctx: ServerContext, remembered: JsonObject): Turn {
  const { mcpReq, http } = ctx;
  return {
    method,
    params,
    meta: (mcpReq._meta ?? {}) as JsonObject,
    modern: true,
    signal: mcpReq.signal,
    header: (name) => http?.req?.headers.get(name) ?? undefined,
    notify: (name, more) => mcpReq.notify({ method: name, params: more } as never),
    log: (level, data) => mcpReq.log(level as 'info', data),
    ask: async (questions) => {
      const missing = Object.entries(questions).filter(([key]) => !(key in remembered));
      if (missing.length > 0) throw new NeedsInput(Object.fromEntries(missing));
      return Object.fromEntries(Object.keys(questions).map((key) => [key, remembered[key]]));
    },
    ping: () => Promise.reject(new Error('a newer server has no ping')),
  };
}

/** Tells of changes on the bus that the SDK's listen streams read from. */
export function publish(bus: ServerEventBus, change: Change): void {
  if ('uri' in change) bus.publish({ kind: 'resource_updated', uri: change.uri });
  else bus.publish({ kind: `${change.kind}_list_changed` });
}

/** Tells the one connection of a pipe. */
export function announce(server: Server, change: Change): Promise<void> {
  if ('uri' in change) return server.sendResourceUpdated({ uri: change.uri });
  if (change.kind === 'tools') return server.sendToolListChanged();
  return change.kind === 'prompts' ? server.sendPromptListChanged() : server.sendResourceListChanged();
}
