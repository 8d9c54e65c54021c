/*
 * What the tools of a scripted server do. Those that ask the client do it the way of their era: a request on the call's
 * own stream, or an `input_required` result whose retry carries the answer.
 */
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { at, isObject, notification, type RpcId } from './json-rpc.ts';
import { META, type Peer, type ScriptedCore } from './scripted-core.ts';
import type { JsonObject } from './scripted-script.ts';

type Question = { readonly method: string; readonly params: JsonObject };

interface ToolCall {
  readonly core: ScriptedCore;
  readonly peer: Peer;
  readonly params: unknown;
  readonly input: JsonObject;
}

/** The result of a call, or the words of an invalid-params error. */
export async function callTool(core: ScriptedCore, params: unknown, peer: Peer): Promise<JsonObject | string> {
  const name = String(at(params, 'name'));
  const given = at(params, 'arguments');
  const input = isObject(given) ? given : {};
  const run = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (run) return run({ core, peer, params, input });
  return [...core.tools, ...peer.session.tools].some((tool) => tool.name === name)
    ? text({ name, arguments: input })
    : 'Unknown tool';
}

const BY_NAME: Readonly<Record<string, (call: ToolCall) => Promise<JsonObject> | JsonObject>> = {
  echo: ({ input }) => ({ ...text(input), structuredContent: input }),
  slow: async ({ input, peer }) => {
    await pause(number(input.ms, 100), peer);
    return text('slept');
  },
  progress: sendProgress,
  log: sendLogs,
  tagged: sendTagged,
  ask: (call) => ask(call, elicitation(String(call.input.message ?? 'Who are you?'))),
  sample: (call) => ask(call, sampling(call.input.content)),
  roots: (call) => ask(call, { method: 'roots/list', params: {} }),
  interview,
  offered: ({ peer, params, core }) =>
    text(core.isModern ? at(params, '_meta', `${META}clientCapabilities`) : peer.session.clientCapabilities),
  begin: ({ core }) => core.tasks.begin(),
  fail: () => ({ ...text('It failed.'), isError: true }),
  big: ({ input }) => text('x'.repeat(number(input.bytes, 1024))),
  change: ({ core }) => {
    core.tools.push({ name: `added-${core.tools.length}`, inputSchema: { type: 'object' } });
    core.listChanged('tools');
    return text('changed');
  },
  count: async ({ input, peer }) => {
    // What has been done, for whoever wants to know whether it was done twice; outlives the process.
    appendFileSync(String(input.file), `${String(input.id)}\n`);
    await pause(number(input.ms, 0), peer);
    return text(input.id);
  },
  reveal: ({ input, peer }) => {
    peer.session.tools.push({ name: String(input.name), inputSchema: { type: 'object' } });
    peer.session.push(notification('notifications/tools/list_changed'));
    return text('revealed');
  },
  touch: ({ core, input }) => {
    core.resourceUpdated(String(input.uri ?? 'scripted://changing'));
    return text('touched');
  },
};

async function sendProgress({ input, params, peer }: ToolCall): Promise<JsonObject> {
  const progressToken = at(params, '_meta', 'progressToken') as RpcId | undefined;
  const total = number(input.steps, 3);
  for (let progress = 1; progress <= total; progress++) {
    if (progressToken !== undefined)
      peer.interim(notification('notifications/progress', { progressToken, progress, total }));
    await pause(number(input.everyMs, 0), peer);
  }
  return text(`progressed ${total}`);
}

/** Modern servers log only for requests that name a level (MCP 2026-07-28, Logging). */
async function sendLogs({ core, input, params, peer }: ToolCall): Promise<JsonObject> {
  const wanted = core.isModern ? at(params, '_meta', `${META}logLevel`) !== undefined : true;
  const count = wanted ? number(input.count, 1) : 0;
  for (let n = 1; n <= count; n++) {
    peer.interim(
      notification('notifications/message', { level: input.level ?? 'info', data: input.data ?? `log ${n}` }),
    );
  }
  return text(`logged ${count}`);
}

/** Everything of one call carries its tag, so that what reaches somebody else is known by it. */
async function sendTagged({ core, input, params, peer }: ToolCall): Promise<JsonObject> {
  const { tag } = input;
  const progressToken = at(params, '_meta', 'progressToken') as RpcId | undefined;
  const logs = !core.isModern || at(params, '_meta', `${META}logLevel`) !== undefined;
  for (let progress = 1; progress <= 2; progress++) {
    await pause(number(input.ms, 0), peer);
    if (progressToken !== undefined)
      peer.interim(notification('notifications/progress', { progressToken, progress, message: tag }));
    if (logs) peer.interim(notification('notifications/message', { level: 'info', data: tag }));
  }
  return text(tag);
}

async function ask({ core, params, peer }: ToolCall, question: Question): Promise<JsonObject> {
  if (!core.isModern) {
    const { result, error } = await peer.ask(question.method, question.params);
    return text({ answered: result ?? error });
  }
  const answered = at(params, 'inputResponses', 'question');
  const state = `state of ${question.method}`;
  if (answered === undefined) {
    return { resultType: 'input_required', inputRequests: { question }, requestState: state };
  }
  return text({ answered, stateKept: at(params, 'requestState') === state });
}

/**
 * Modern: asks in the rounds that the call's argument describes, each the questions and whether a state comes with them. In the
 * end it tells what the last call brought. Legacy: asks the questions of each round at once, with progress after each, and
 * tells all that was answered.
 */
function interview(call: ToolCall): Promise<JsonObject> | JsonObject {
  const { params, input, core } = call;
  if (!core.isModern) return interviewByRequests(call);
  const rounds = (input.rounds ?? []) as readonly { readonly asks?: JsonObject; readonly keeps?: boolean }[];
  const responses = at(params, 'inputResponses');
  const state = at(params, 'requestState');
  const given = JSON.stringify(isObject(responses) ? Object.keys(responses) : []);
  const answered = rounds.findIndex(({ asks }) => asks && JSON.stringify(Object.keys(asks)) === given);
  const next = typeof state === 'string' ? Number(state.split(' ')[1]) : answered + 1;
  const round = rounds[next];
  if (!round) return text({ responses, state });
  const { asks, keeps = false } = round;
  const kept = keeps ? { requestState: `round ${next + 1}` } : {};
  return { resultType: 'input_required', ...(asks ? { inputRequests: asks } : {}), ...kept };
}

async function interviewByRequests({ params, input, peer }: ToolCall): Promise<JsonObject> {
  const rounds = (input.rounds ?? []) as readonly { readonly asks?: Readonly<Record<string, Question>> }[];
  const progressToken = at(params, '_meta', 'progressToken') as RpcId | undefined;
  const answers: JsonObject[] = [];
  for (const { asks = {} } of rounds) {
    const asked = Object.entries(asks).map(async ([key, { method, params: about }]) => {
      const { result, error } = await peer.ask(method, about);
      return [key, result ?? error];
    });
    answers.push(Object.fromEntries(await Promise.all(asked)));
    if (progressToken === undefined) continue;
    peer.interim(notification('notifications/progress', { progressToken, progress: answers.length }));
  }
  return text({ answers });
}

function elicitation(message: string): Question {
  const requestedSchema = { type: 'object', properties: { answer: { type: 'string' } } };
  return { method: 'elicitation/create', params: { message, requestedSchema } };
}

function sampling(content: unknown = { type: 'text', text: 'Say something.' }): Question {
  return { method: 'sampling/createMessage', params: { messages: [{ role: 'user', content }], maxTokens: 16 } };
}

function text(value: unknown): JsonObject {
  return {
    content: [{ type: 'text', text: typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined') }],
  };
}

function number(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}

/** Ends early when the client has gone; what is answered then reaches nobody. */
async function pause(ms: number, { gone }: Peer): Promise<void> {
  await sleep(ms, undefined, { signal: gone }).catch(() => {});
}
