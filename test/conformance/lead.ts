/*
 * The suite's `--command`: leads a client through a gateway to the server at the URL that the suite appends. The gateway
 * is a process with that one server; the client is of the era in the first argument, whatever era the server is of; what
 * it does is said by the scenario's name (tours.ts). Its last line says that it came to the end.
 */

import { startGateway } from './gateway-process.ts';
import type { Era } from './pairings.ts';
import { doneLine } from './suite.ts';
import { tourOf } from './tours.ts';

/* Shorter than the suite waits, so that the gateway is stopped by the one who started it. */
const tourTimeoutMs = 30_000;

const [era, serverUrl] = process.argv.slice(2);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? '';
if ((era !== 'modern' && era !== 'legacy') || serverUrl === undefined) throw new Error('lead.ts modern|legacy URL');

process.exitCode = await lead(era, serverUrl);

async function lead(clientEra: Era, url: string): Promise<number> {
  const gateway = await startGateway({ suite: { url } });
  try {
    await withinTime(tourOf(scenario)(`${gateway.url}/mcp/suite`, clientEra, context()));
    console.log(doneLine);
    return 0;
  } catch (error) {
    console.error(error);
    console.error(gateway.words().trimEnd().split('\n').slice(-3).join('\n'));
    return 1;
  } finally {
    await gateway.close();
    setImmediate(() => process.exit());
  }
}

/* What the suite tells about the calls it waits for. */
function context(): unknown {
  const text = process.env.MCP_CONFORMANCE_CONTEXT;
  return text === undefined ? undefined : JSON.parse(text);
}

/* The end of stdin is the end of the suite: nobody waits any more. */
async function withinTime(tour: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not at the end after ${tourTimeoutMs} ms`)), tourTimeoutMs);
    process.stdin.resume().once('end', () => reject(new Error('the suite has ended')));
  });
  await Promise.race([tour, ended]).finally(() => clearTimeout(timer));
}
