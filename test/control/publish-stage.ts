/*
 * A gateway as a process with a data folder that outlives it, whoever manages it logged in, and a server that can be stored:
 * for stories about what is stored and served.
 */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { askOver, type Sent } from '../rig/desk-answer.ts';
import { type Fleet, startFleet } from '../rig/fleet.ts';
import { type RunningGateway, startGateway } from '../rig/gateway.ts';
import type { JsonObject } from '../rig/scripted-script.ts';

export const PASSWORD = 'kettle orbit walnut ferry';

export interface Place {
  readonly dataDir: string;
  readonly passwordFile: string;
  readonly fleet: Fleet;
  /** With the port of the fleet opened for addresses from elsewhere. */
  config(more?: JsonObject): JsonObject;
  start(more?: JsonObject, args?: readonly string[]): Promise<RunningGateway>;
}

export async function newPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'gatewright-publish-'));
  const fleet = await startFleet(1);
  const running: RunningGateway[] = [];
  after(async () => {
    for (const gateway of running) await gateway.stop('SIGKILL');
    await fleet.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, `${PASSWORD}\n`);
  await chmod(passwordFile, 0o600);
  const dataDir = join(folder, 'data');
  const allow = [{ host: '127.0.0.1/32', ports: [fleet.port], http: true }];
  const config = (more: JsonObject = {}) => ({ servers: {}, egress: { allow }, ...more });
  const start = async (more: JsonObject = {}, args = ['--admin-password-file', passwordFile]) => {
    const env = { GATEWRIGHT_DATA_DIR: dataDir };
    const gateway = await startGateway(config(more), { args, env, managed: true });
    running.push(gateway);
    return gateway;
  };
  return { dataDir, passwordFile, fleet, config, start };
}

export type Ask = <Data>(what: string, sent?: Sent) => Promise<Data>;

/** Throws for anything but an answer. */
export async function manage({ url }: RunningGateway, username = 'admin', password = PASSWORD): Promise<Ask> {
  const login = await askOver<{ token: string }>(url, '', 'POST /api/auth/login', { body: { username, password } });
  if (login.code !== 0) throw new Error(login.text);
  return async (what, sent) => {
    const told = await askOver(url, login.data.token, what, sent);
    if (told.code !== 0) throw new Error(`${what}: ${told.text}`);
    return told.data as never;
  };
}

/** Names of tools that somebody without a credential is shown at /mcp. */
export async function toolsAt(url: string): Promise<readonly string[]> {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const meta = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list' };
  const params = {
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  };
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params });
  const response = await fetch(`${url}/mcp`, { method: 'POST', headers: { ...headers, ...meta }, body });
  const { result } = (await response.json()) as { result: { tools: { name: string }[] } };
  return result.tools.map(({ name }) => name);
}
