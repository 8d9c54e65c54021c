/*
 * How each client writes down a gateway in its own file, and where that file keeps its servers.
 */
import { extname } from 'node:path';
import type { Client, ClientId } from '../clients.ts';
import type { PlainEntry, ServersPlace } from './edit.ts';

/** The name under which clients know the gateway. */
export const OWN_NAME = 'gatewright';

/** How a client comes to us: by an address, or by the words of a program that it starts. */
export interface Ways {
  readonly url: string;
  readonly program: readonly string[];
}

type EntryFor = (url: string) => PlainEntry;

const ENTRIES: Readonly<Record<Exclude<ClientId, 'claude-desktop'>, EntryFor>> = {
  'claude-code': (url) => ({ type: 'http', url }),
  cursor: (url) => ({ url }),
  windsurf: (url) => ({ serverUrl: url }),
  vscode: (url) => ({ type: 'http', url }),
  zed: (url) => ({ url }),
  // A bare `url` means HTTP+SSE there, and in Cline when no type is given.
  gemini: (url) => ({ httpUrl: url }),
  codex: (url) => ({ url }),
  cline: (url) => ({ type: 'streamableHttp', url }),
  continue: (url) => ({ type: 'streamable-http', url }),
};

/** Claude Desktop's file names programs only, and an entry with an address is thrown away. */
export function entryFor({ id }: Client, { url, program: [command = '', ...args] }: Ways): PlainEntry {
  return id === 'claude-desktop' ? { command, args } : ENTRIES[id](url);
}

/** Undefined for a file in another syntax than the client's own, such as the older `config.json` of Continue. */
export function placeIn(client: Client, path: string): ServersPlace | undefined {
  const syntax = client.syntax === 'jsonc' ? 'json' : client.syntax;
  if ((extname(path) === '.json') !== (syntax === 'json')) return undefined;
  return { syntax, section: client.serversKey, shape: syntax === 'yaml' ? 'list' : 'map' };
}

/** `http://127.0.0.1:9000` → `http://127.0.0.1:9000/mcp`; an address that names an endpoint stays. */
export function endpointUrl(address: string, endpoint: string | undefined): string {
  const url = new URL(address);
  const path = url.pathname.replace(/\/+$/, '');
  const base = /(?:^|\/)mcp(?:\/|$)/.test(path) ? path : `${path}/mcp`;
  url.pathname = endpoint === undefined ? base : `${base}/${endpoint}`;
  return url.href;
}
