/*
 * `gatewright servers`, `restart` and `logs`: how the servers are.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerReport, WithheldEntry } from '../../model/operator.ts';
import { counted } from '../check.ts';
import type { CliIo } from '../io.ts';
import { jsonLine, plain, plainText } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import type { Desk } from './desk.ts';
import { serverNamed } from './entries.ts';
import { reach, reachRunning } from './reach.ts';
import { printTable } from './table.ts';

export async function servers(desk: Desk): Promise<number> {
  const reached = await reach(desk, (names) => names);
  try {
    const [{ faults }, all] = await Promise.all([reached.operator.about(), reached.operator.servers()]);
    if (faults.length > 0) desk.io.err(faultLines(faults));
    if (desk.json) desk.io.out(jsonLine({ servers: all }));
    else if (all.length > 0) printServers(all, desk.io);
    else desk.io.err('There are no servers.\n');
    return EXIT.ok.code;
  } finally {
    await reached.close();
  }
}

function faultLines(faults: readonly string[]): string {
  const head = 'warning: The configuration file has faults; the gateway goes by what it was before.';
  return [head, ...faults.map(plain), ''].join('\n');
}

const HEAD = ['SERVER', 'STATE', 'REVISION', 'TOOLS', 'PROMPTS', 'RESOURCES', 'TEMPLATES', 'REASON'];

function printServers(all: readonly ServerReport[], io: CliIo): void {
  const rows = all.map(({ name, state, revision = '', reason = '', ...counts }) => [
    ...[name, state, revision, String(counts.tools), String(counts.prompts)],
    ...[String(counts.resources), String(counts.templates), reason],
  ]);
  printTable(io, HEAD, rows);
  for (const { name, withheld } of all) {
    if (withheld.length === 0) continue;
    io.out(`\n${plain(name)}: ${counted(withheld.length, 'entry', 'entries')} withheld\n`);
    for (const entry of withheld) io.out(`  ${plain(entry.name)} (${entry.kind}): ${whyWithheld(entry)}\n`);
  }
}

export function whyWithheld({ reason, why, endpoint }: WithheldEntry): string {
  return plain(`${reason}, ${why}${reason === 'filtered' ? '' : ` at /mcp${endpoint === '' ? '' : `/${endpoint}`}`}`);
}

/** `restart SERVER` */
export async function restart(desk: Desk): Promise<number> {
  const [name = ''] = desk.run.operands;
  const operator = reachRunning(desk);
  serverNamed(name, await operator.servers());
  const server = await operator.restart(name);
  const isUp = server.state === 'ready' || server.state === 'idle';
  if (desk.json) desk.io.out(jsonLine({ server }));
  else
    desk.io.out(`${plain(name)} is ${server.state}${server.reason === undefined ? '' : `: ${plain(server.reason)}`}\n`);
  return isUp ? EXIT.ok.code : EXIT.failed.code;
}

const FOLLOW_MS = 500;

/** `logs SERVER`, with `--follow` until Ctrl-C. */
export async function logs(desk: Desk): Promise<number> {
  const [name = ''] = desk.run.operands;
  const operator = reachRunning(desk);
  serverNamed(name, await operator.servers());
  let report = await operator.logs(name);
  if (desk.json) desk.io.out(jsonLine({ server: name, text: report.text }));
  else desk.io.out(wholeLines(report.text));
  while (desk.run.values.has('follow') && !desk.signal.aborted) {
    await sleep(FOLLOW_MS, undefined, { signal: desk.signal }).catch(() => undefined);
    const before = report;
    report = await operator.logs(name);
    const fresh = newText(before.text, report.text);
    if (fresh !== '') desk.io.out(desk.json ? jsonLine({ server: name, text: fresh }) : plainText(fresh));
  }
  return EXIT.ok.code;
}

function wholeLines(text: string): string {
  return text === '' || text.endsWith('\n') ? plainText(text) : `${plainText(text)}\n`;
}

/** What is new: behind the longest end of the old text that the new one begins with, or put in between. */
export function newText(before: string, now: string): string {
  for (let from = 0; from < before.length; from++) {
    if (now.startsWith(before.slice(from))) return now.slice(before.length - from);
  }
  let head = 0;
  while (head < before.length && before[head] === now[head]) head++;
  return head > 0 && now.endsWith(before.slice(head)) ? now.slice(head, now.length - (before.length - head)) : now;
}
