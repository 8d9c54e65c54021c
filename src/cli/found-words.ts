/*
 * What was found in the files of other clients, in words: each server with its transport and where it is from.
 *
 * Of a command only the program is shown, of an address only the host: arguments, paths and headers may hold secrets.
 */
import type { ServerConfig } from '../config/config.ts';
import type { Found, FoundServer, LeftOut } from '../config/discover.ts';
import { problemLine } from '../config/problem.ts';
import { counted, printProblems, printWarnings } from './check.ts';
import type { CliIo } from './io.ts';
import { jsonLine, plain } from './terminal.ts';

export function printFound(found: Found, io: CliIo): void {
  printWarnings(found.warnings, io);
  if (found.problems.length > 0) printProblems(found.problems, io);
  if (found.servers.length > 0) {
    io.out('Found in the files of your MCP clients:\n\n');
    const rows = found.servers.map(serverRow);
    const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
    for (const row of rows)
      io.out(
        `  ${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
      );
    io.out('\n');
  }
  if (found.leftOut.length === 0) return;
  io.out('Not taken:\n\n');
  for (const left of found.leftOut) io.out(`  ${leftOutLine(left)}\n`);
  io.out('\n');
}

function serverRow({ server, from }: FoundServer): string[] {
  const clients = [...new Set(from.map(({ client }) => client.title))].join(', ');
  return [plain(server.name), server.transport.kind, plain(target(server)), clients];
}

function target({ transport }: ServerConfig): string {
  if (transport.kind === 'stdio') return transport.command.split(/[\\/]/).at(-1) ?? '';
  return URL.canParse(transport.url) ? new URL(transport.url).host : '';
}

const WHY: Readonly<Record<LeftOut['why'], string>> = {
  disabled: 'disabled there',
  gatewright: 'it is this gateway',
  faulty: 'something is wrong or missing',
};

function leftOutLine({ name, from, why, problems }: LeftOut): string {
  const head = `${plain(name)} (${from.client.title}): ${WHY[why]}`;
  return [head, ...problems.map((problem) => `    ${plain(problemLine(problem))}`)].join('\n');
}

/** The same for programs. */
export function foundEvent({ files, servers, leftOut, problems, warnings }: Found): string {
  return jsonLine({
    event: 'found',
    files: files.map(({ client, file }) => ({ client: client.id, file })),
    servers: servers.map(({ server, from }) => ({
      name: server.name,
      transport: server.transport.kind,
      target: target(server),
      from: from.map(({ client, file }) => ({ client: client.id, file })),
    })),
    leftOut: leftOut.map(({ name, from, why, problems: wrong }) => ({
      name,
      client: from.client.id,
      why,
      ...(wrong.length > 0 ? { problems: wrong } : {}),
    })),
    problems,
    warnings,
  });
}

export function question(count: number): string {
  return `Serve ${count === 1 ? 'this server' : `these ${counted(count, 'server')}`}? [Y/n] `;
}
