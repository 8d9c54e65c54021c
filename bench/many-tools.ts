/*
 * Ten thousand tools of a hundred servers behind one endpoint: what a list of them costs when it is first asked for, when
 * it is asked for again, after one server has changed, and by callers with other rights than anybody before; and how long
 * the event loop is ever held.
 *
 * Asked page after page on one connection, as a client does. CPU is that of the gateway's process alone.
 */
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LOAD_CPU } from './child.ts';
import { startScript } from './contenders.ts';
import { type Gatewright, startGatewright } from './gatewright.ts';
import { median } from './measure.ts';
import { cpuUs } from './process-cost.ts';

export interface ListCost {
  readonly tools: number;
  readonly pages: number;
  /** The first list of all, after every server is there. */
  readonly coldCpuMs: number;
  readonly warmCpuMsPerPage: number;
  readonly warmMsPerPage: number;
  readonly warmMsAllPages: number;
  /** The list after one server changed, as a multiple of a warm one. */
  readonly changedToWarm: number;
  readonly heldMsCold: number;
  readonly heldMsWarm: number;
  readonly heldMsChanged: number;
  /** The first list of a caller about whom nothing has been decided yet. */
  readonly newCallerCpuMs: number;
  readonly heldMsNewCaller: number;
}

const SERVERS = 100;
const WARM_ROUNDS = { whole: 30, quick: 5 };
const CHANGES = { whole: 10, quick: 2 };
const NEW_CALLERS = { whole: 20, quick: 3 };
/** A missed name makes the gateway look anew at most so often. */
const NUDGE_GAP_MS = 2_100;

interface Listed {
  readonly names: readonly string[];
  readonly pageMs: readonly number[];
}

const tokenOf = (caller: number) => `token-of-caller-${caller}-0123456789abcdef-0123456789`;

/** Each may see everything, by a rule of its own. */
const tokens = Array.from({ length: 1 + NEW_CALLERS.whole }, (_, at) => ({
  ...{ name: `caller-${at}`, token: tokenOf(at), tools: ['*', `s0.tool_${at}`] },
}));

class Lister {
  readonly #port: number;
  readonly #path: string;
  readonly #token: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(port: number, path: string, token = tokenOf(0)) {
    this.#port = port;
    this.#path = path;
    this.#token = token;
  }

  post(message: object, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const authorization = `Bearer ${this.#token}`;
    const usual = { authorization, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const options = { port: this.#port, path: this.#path, method: 'POST', agent: this.#agent };
    return new Promise((resolve, reject) => {
      const sent = request(
        { ...options, headers: { ...usual, 'mcp-protocol-version': MODERN, ...headers } },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => resolve(Buffer.concat(chunks).toString()));
          answer.on('error', reject);
        },
      );
      sent.on('error', reject).end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }));
    });
  }

  /** All pages. Reading them is left until the last has come, so that only the gateway's time counts. */
  async list(): Promise<Listed> {
    const pages: string[] = [];
    const pageMs: number[] = [];
    for (let cursor: string | undefined, page = 0; page === 0 || cursor !== undefined; page += 1) {
      const params = { ...(cursor === undefined ? {} : { cursor }), _meta: META };
      const before = performance.now();
      const text = await this.post({ method: 'tools/list', params }, { 'mcp-method': 'tools/list' });
      pageMs.push(performance.now() - before);
      pages.push(text);
      cursor = /"nextCursor":"([^"]*)"/.exec(text.slice(0, 1_000))?.[1];
    }
    const names = pages.flatMap((text) => (JSON.parse(text) as Page).result.tools.map(({ name }) => name));
    return { names, pageMs };
  }

  close(): void {
    this.#agent.destroy();
  }
}

interface Page {
  readonly result: { readonly tools: readonly { readonly name: string }[] };
}

const MODERN = '2026-07-28';
const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1.0.0' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

async function heldMs({ child }: Gatewright): Promise<number> {
  const answer = child.nextOnStderr(/loop-probe (-?[\d.]+)/);
  child.process.kill('SIGUSR2');
  return Math.max(0, Number((await answer)[1]));
}

interface Timed extends Listed {
  readonly cpuMs: number;
}

async function timed(gatewright: Gatewright, lister: Lister): Promise<Timed> {
  const before = cpuUs(gatewright.pid);
  const listed = await lister.list();
  return { ...listed, cpuMs: (cpuUs(gatewright.pid) - before) / 1000 };
}

/** One server says something new, and the gateway is made to look. */
async function change(lister: Lister, upstreamPort: number, tools: number): Promise<void> {
  await fetch(`http://127.0.0.1:${upstreamPort}/change/s7`, { method: 'POST' });
  await pause(NUDGE_GAP_MS);
  const name = `s7__tool_${tools}`;
  const call = { method: 'tools/call', params: { name, arguments: {}, _meta: META } };
  for (let tries = 0; tries < 100; tries += 1) {
    const text = await lister.post(call, { 'mcp-method': 'tools/call', 'mcp-name': name });
    if (!text.includes('-32602')) return;
    await pause(20);
  }
  throw new Error('the change did not arrive');
}

function expectWhole({ names }: Listed, count: number): void {
  if (names.length !== count || new Set(names).size !== count) {
    throw new Error(`${names.length} tools listed, ${new Set(names).size} of them different, instead of ${count}`);
  }
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

/** The first request of all, so that what a process compiles once is not counted as a list's. */
async function expectOne(port: number): Promise<void> {
  const lister = new Lister(port, '/mcp/s0');
  expectWhole(await lister.list(), 100);
  lister.close();
}

async function costOn(gatewright: Gatewright, lister: Lister, upstreamPort: number, pace: 'whole' | 'quick') {
  const count = SERVERS * 100;
  await expectOne(gatewright.port);
  await heldMs(gatewright);
  const cold = await timed(gatewright, lister);
  const heldMsCold = await heldMs(gatewright);
  expectWhole(cold, count);
  const warm: Timed[] = [];
  for (let round = 0; round < WARM_ROUNDS[pace]; round += 1) warm.push(await timed(gatewright, lister));
  const heldMsWarm = await heldMs(gatewright);
  const changed: Timed[] = [];
  for (let round = 0; round < CHANGES[pace]; round += 1) {
    await change(lister, upstreamPort, 100 + round);
    changed.push(await timed(gatewright, lister));
  }
  const heldMsChanged = await heldMs(gatewright);
  expectWhole(changed.at(-1) ?? cold, count + CHANGES[pace]);
  const pages = cold.pageMs.length;
  const warmCpuMs = median(warm.map(({ cpuMs }) => cpuMs));
  return {
    ...{ tools: count, pages, coldCpuMs: cold.cpuMs, heldMsCold, heldMsWarm, heldMsChanged },
    ...(await costOfNewCallers(gatewright, NEW_CALLERS[pace], count + CHANGES[pace])),
    warmCpuMsPerPage: warmCpuMs / pages,
    warmMsPerPage: median(warm.flatMap(({ pageMs }) => pageMs)),
    warmMsAllPages: median(warm.map(({ pageMs }) => sum(pageMs))),
    changedToWarm: median(changed.map(({ cpuMs }) => cpuMs)) / warmCpuMs,
  };
}

async function costOfNewCallers(gatewright: Gatewright, callers: number, tools: number) {
  const lists: Timed[] = [];
  for (let caller = 1; caller <= callers; caller += 1) {
    const lister = new Lister(gatewright.port, '/mcp', tokenOf(caller));
    const listed = await timed(gatewright, lister);
    expectWhole(listed, tools);
    lists.push(listed);
    lister.close();
  }
  return { newCallerCpuMs: median(lists.map(({ cpuMs }) => cpuMs)), heldMsNewCaller: await heldMs(gatewright) };
}

export async function measureManyTools(pace: 'whole' | 'quick'): Promise<ListCost> {
  const upstream = await startScript('many-upstream.ts', LOAD_CPU, []);
  const names = Array.from({ length: SERVERS }, (_, at) => `s${at}`);
  const servers = Object.fromEntries(names.map((name) => [name, { url: `http://127.0.0.1:${upstream.port}/${name}` }]));
  const probe = fileURLToPath(new URL('loop-probe.ts', import.meta.url));
  const gatewright = await startGatewright({ servers, auth: { tokens } }, { nodeFlags: ['--import', probe] });
  const lister = new Lister(gatewright.port, '/mcp');
  try {
    return await costOn(gatewright, lister, upstream.port, pace);
  } finally {
    lister.close();
    await Promise.all([gatewright.stop(), upstream.stop()]);
  }
}
