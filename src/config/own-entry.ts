/*
 * Whether an entry of a client's file is this gateway itself, by its program or by its address. Serving it would be a
 * gateway in front of itself, calling itself for ever.
 *
 * Only the program counts, not any argument: a file server may well look after a folder named "gatewright".
 */

import type { ServerConfig } from './config.ts';
import { isLoopback } from './loopback.ts';

const NAME = /^gatewright(?:\.(?:cmd|exe|js|ps1))?(?:@.*)?$/i;
/** Programs that start the program they are given. */
const STARTERS = /^(?:npx|npm|pnpm|pnpx|yarn|bun|bunx|node|nodejs|deno|env|cmd|sh|bash|zsh)(?:\.(?:cmd|exe))?$/i;
/** Words of such programs that stand before the program. */
const VERBS = /^(?:exec|x|dlx|run|\/c|[A-Za-z_]\w*=.*)$/;

export function startsGateway({ name, transport }: ServerConfig, ownPort: number): boolean {
  if (transport.kind === 'stdio') {
    return isGatewright(transport.command, transport.args) || transport.args.some((word) => isOwnUrl(word, ownPort));
  }
  return isOwnUrl(transport.url, ownPort) || (name === 'gatewright' && isLoopbackUrl(transport.url));
}

/** The same for a file that was named: in our own, only the address leaves no doubt. */
export function isThisGateway(server: ServerConfig, ownPort: number, foreign: boolean): boolean {
  if (foreign) return startsGateway(server, ownPort);
  return server.transport.kind !== 'stdio' && isOwnUrl(server.transport.url, ownPort);
}

function isGatewright(command: string, args: readonly string[]): boolean {
  if (NAME.test(lastPart(command))) return true;
  if (!STARTERS.test(lastPart(command))) return false;
  const [first = '', ...others] = programWords(args);
  if (others.length === 0 && first.includes(' ')) return isGatewright(...split(first));
  return NAME.test(lastPart(first)) || (STARTERS.test(lastPart(first)) && isGatewright(first, others));
}

/** `sh -c "npx -y gatewright"` */
function split(line: string): [string, string[]] {
  const [command = '', ...args] = line.trim().split(/\s+/);
  return [command === 'exec' ? (args.shift() ?? '') : command, args];
}

/** From the program on; options before it, and the package that `-p` names, are passed over. */
function programWords(args: readonly string[]): readonly string[] {
  const at = args.findIndex((word) => !word.startsWith('-') && !VERBS.test(word));
  return at === -1 ? [] : args.slice(at);
}

function lastPart(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? '';
}

function isOwnUrl(text: string, ownPort: number): boolean {
  if (!isLoopbackUrl(text)) return false;
  const { port, protocol } = new URL(text);
  return Number(port || (protocol === 'https:' ? 443 : 80)) === ownPort;
}

function isLoopbackUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text) && isLoopback(new URL(text).hostname);
}
