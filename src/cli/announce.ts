/*
 * What `serve` says while it runs: for people (lines) or for programs (one JSON object per line).
 */
import type { Config } from '../config/config.ts';
import type { Problem } from '../config/problem.ts';
import { asksForCredentials } from '../model/identity.ts';
import { counted, printWarnings } from './check.ts';
import type { Applied, CliIo, FirstAdmin, ServerStatus } from './io.ts';
import { appliedWords, refusedLines } from './reload.ts';
import { jsonLine, plain } from './terminal.ts';

export interface Announcer {
  listening(url: string): void;
  /** Once in the life of an installation: who may log in to the admin API at `url`. */
  firstAdmin(first: FirstAdmin, url: string): void;
  /** The key for stored secrets was made. */
  keyMade(path: string): void;
  server(status: ServerStatus): void;
  ready(statuses: readonly ServerStatus[], url: string): void;
  reloaded(applied: Applied, warnings: readonly Problem[]): void;
  /** A changed file has faults. */
  refused(problems: readonly Problem[]): void;
  stopping(): void;
  stopped(): void;
}

export function announcerForPrograms(version: string, io: CliIo): Announcer {
  const event = (name: string, fields: object = {}) => io.out(jsonLine({ event: name, ...fields }));
  return {
    listening: (url) => event('listening', { url, endpoint: `${url}/mcp`, version }),
    firstAdmin: (first, url) => event('first_admin', { ...first, url }),
    keyMade: (path) => event('key_made', { path }),
    server: (status) => event('server', status),
    ready: (statuses) => event('ready', { servers: statuses.length, ready: readyCount(statuses) }),
    reloaded: ({ changed: _, ...applied }, warnings) => {
      for (const warning of warnings) event('warning', warning);
      event('reloaded', applied);
    },
    refused: (problems) => event('reload_refused', { problems }),
    stopping: () => event('stopping'),
    stopped: () => event('stopped'),
  };
}

export function announcerForPeople(version: string, config: Config, io: CliIo): Announcer {
  const width = Math.max(0, ...config.servers.map(({ name }) => name.length));
  io.out(`Gatewright ${version}\n`);
  return {
    listening: (url) => io.out(`Listening on ${url}\n\n`),
    firstAdmin: (first, url) => io.out(firstAdminText(first, url)),
    keyMade: (path) => io.out(`Made ${plain(path)}, the key for stored secrets. Keep a copy apart from the data.\n`),
    server: (status) => io.out(`  ${serverLine(status, width)}\n`),
    ready: (statuses, url) => {
      io.out(
        `\n${readyCount(statuses)} of ${counted(statuses.length, 'server')} ready. Paste into your MCP client:\n\n`,
      );
      io.out(`${clientSnippet(config.publicUrl ?? url, asksForCredentials(config.identity))}\n\n`);
    },
    reloaded: (applied, warnings) => {
      printWarnings(warnings, io);
      io.out(`${appliedWords(applied)}\n`);
    },
    refused: (problems) => io.err(refusedLines(problems)),
    stopping: () => io.out('Stopping; once more to stop at once.\n'),
    stopped: () => io.out('Stopped.\n'),
  };
}

function firstAdminText({ username, oneTimePassword }: FirstAdmin, url: string): string {
  const at = `The admin API at ${url}/api/v1 has its first user, "${username}"`;
  if (oneTimePassword === undefined) return `${at}, with the password of the file.\n\n`;
  return `${at}. The password, good for one login and shown this once:\n\n  ${oneTimePassword}\n\n`;
}

function readyCount(statuses: readonly ServerStatus[]): number {
  return statuses.filter(({ state }) => state === 'ready').length;
}

export function serverLine(status: ServerStatus, nameWidth: number): string {
  const head = `${plain(status.name).padEnd(nameWidth)}  ${status.state.padEnd(8)}`;
  if (status.state !== 'ready') return `${head}  ${plain(status.reason ?? '')}`.trimEnd();
  const has = [
    counted(status.tools, 'tool'),
    ...(status.prompts > 0 ? [counted(status.prompts, 'prompt')] : []),
    ...(status.resources > 0 ? [counted(status.resources, 'resource')] : []),
  ];
  return `${head}  ${plain(status.revision ?? '')}  ${has.join(', ')}`;
}

/** The token is never printed: a terminal is read over shoulders and kept in logs. */
export function clientSnippet(url: string, needsToken: boolean): string {
  const headers = needsToken ? { headers: { Authorization: 'Bearer YOUR_TOKEN' } } : {};
  return JSON.stringify(
    { mcpServers: { gatewright: { type: 'http', url: `${url.replace(/\/$/, '')}/mcp`, ...headers } } },
    undefined,
    2,
  );
}
