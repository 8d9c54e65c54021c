/*
 * The scripted server as a program: `node scripted-upstream-stdio.ts '<StdioScript as JSON>'`, or the same JSON in the
 * environment variable SCRIPTED_UPSTREAM.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { RpcMessage } from './json-rpc.ts';
import { ReceivedLog } from './received.ts';
import { ScriptedCore } from './scripted-core.ts';
import { callLink, SCRIPT_VARIABLE, type StdioScript } from './scripted-link.ts';
import { type Behaviour, type JsonObject, Script } from './scripted-script.ts';
import { ScriptedStdio } from './scripted-stdio-front.ts';

const options = JSON.parse(
  process.argv[2] ?? process.env[SCRIPT_VARIABLE] ?? '{"revision":"2025-11-25"}',
) as StdioScript;
const core = new ScriptedCore(options);
const script = new Script(options.behaviours);
const log = new ReceivedLog();
const exit = (code: number): void => process.exit(code);
const front = new ScriptedStdio({ core, script, log, output: process.stdout, exit });

/** What a test may say over the link. */
function obey(order: JsonObject): void {
  if (typeof order.set === 'string') script.set(order.set, order.behaviour as Behaviour | undefined);
  if (order.say) for (const session of core.sessions) session.push(order.say as RpcMessage);
  if (typeof order.updated === 'string') core.resourceUpdated(order.updated);
  if (order.addTool) core.tools.push(order.addTool as (typeof core.tools)[number]);
  if (typeof order.changed === 'string') core.listChanged(order.changed as 'tools');
  if (typeof order.exit === 'number') process.exit(order.exit);
}

if (options.stderr !== undefined) process.stderr.write(options.stderr);
if (options.exitAtStart !== undefined) process.exit(options.exitAtStart);
if (options.stubborn) {
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 60_000);
}
if (options.grandchild) spawn('sh', ['-c', "trap '' TERM; while :; do sleep 1; done"], { stdio: 'ignore' }).unref();

const tell = options.linkPort === undefined ? undefined : await callLink(options.linkPort, obey);
tell?.({ pid: process.pid });

const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
lines.on('line', (line) => {
  tell?.({ received: line });
  void front.onLine(Buffer.from(line));
});
lines.on('close', () => {
  if (!options.stubborn) process.exit(0);
});
