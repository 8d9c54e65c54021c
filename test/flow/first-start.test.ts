/*
 * The start without a file, as a real process: nothing there, something found, a terminal, no terminal, and a project
 * of a stranger in the current folder.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { callTool } from '../ground/modern-call.ts';

const BIN = fileURLToPath(new URL('../../bin/gatewright', import.meta.url));
const SAMPLE = fileURLToPath(new URL('../../src/sample/server.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gatewright-first-'));
after(() => rmSync(folder, { recursive: true }));
let worlds = 0;

/** A person's home and a current folder, each with the given files. */
function world(files: { home?: Record<string, string>; here?: Record<string, string> } = {}) {
  const root = join(folder, String(worlds++));
  const home = join(root, 'home');
  const here = join(root, 'here');
  for (const place of [home, here]) mkdirSync(place, { recursive: true });
  for (const [base, all] of [[home, files.home ?? {}] as const, [here, files.here ?? {}] as const]) {
    for (const [path, text] of Object.entries(all)) {
      mkdirSync(dirname(join(base, path)), { recursive: true });
      writeFileSync(join(base, path), text);
    }
  }
  return {
    home,
    cwd: here,
    canary: join(root, 'canary'),
    env: { PATH: process.env.PATH, HOME: home, GATEWRIGHT_DATA_DIR: join(root, 'data') },
  };
}

type World = ReturnType<typeof world>;

/** A server that leaves a trace when it is started, and then is the sample. */
function traced(canary: string): object {
  return { command: 'sh', args: ['-c', `touch '${canary}'; exec '${process.execPath}' '${SAMPLE}'`] };
}

function serversFile(servers: object): string {
  return JSON.stringify({ mcpServers: servers });
}

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run({ cwd, env }: World, argv: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [BIN, ...argv], { cwd, env, timeout: 60_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
    child.stdin?.end();
  });
}

interface Line {
  readonly event: string;
  readonly endpoint?: string;
  readonly servers?: unknown;
}

/** Runs until the gateway is ready, does what is to be done, and ends it. */
async function whileServing({ cwd, env }: World, argv: readonly string[], work: (endpoint: string) => Promise<void>) {
  const args = [BIN, ...argv, '--json', '--port', '0'];
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines: Line[] = [];
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      lines.push(JSON.parse(text) as Line);
      if (lines.at(-1)?.event === 'ready') break;
    }
    await work(lines.find(({ event }) => event === 'listening')?.endpoint ?? '');
  } finally {
    await ended(child, exited);
  }
  return lines;
}

async function ended(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGTERM');
  child.stdout?.resume();
  await exited;
}

test('with nothing to find, the sample is served and the first call works', async () => {
  const lines = await whileServing(world(), [], async (endpoint) => {
    const answer = await callTool(endpoint, 'sample__add', { a: 2, b: 40 });
    assert.match(JSON.stringify(answer), /"text":"42"/);
  });
  // The first user may be there any time after.
  assert.deepEqual(
    lines.map(({ event }) => event).filter((event) => event !== 'first_admin'),
    ['found', 'sample', 'listening', 'key_made', 'server', 'ready'],
  );
});

test('with --yes what was found is served', async () => {
  const here = world();
  writeFileSync(join(here.home, '.claude.json'), serversFile({ 'My Tools': traced(here.canary) }));
  await whileServing(here, ['--yes'], async (endpoint) => {
    assert.match(JSON.stringify(await callTool(endpoint, 'my-tools__echo', { text: 'hello' })), /"text":"hello"/);
  });
  assert.ok(existsSync(here.canary));
});

for (const json of [false, true]) {
  test(`without a terminal and without --yes nothing is started, and what was found is said${json ? ' to programs' : ''}`, async () => {
    const here = world();
    const secret = { url: 'https://a.example/mcp/secret-path', headers: { Authorization: 'Bearer secret-token' } };
    const servers = { files: traced(here.canary), api: secret, 'bad\u001b[2Jname': { command: 'x', disabled: true } };
    writeFileSync(join(here.home, '.claude.json'), serversFile(servers));
    const { code, out, err } = await run(here, json ? ['--json'] : []);
    assert.equal(code, 7, err);
    assert.match(out, json ? /"name":"files","transport":"stdio"/ : / {2}files {2}stdio {2}\S+ +Claude Code\n/);
    assert.match(out, /a\.example/);
    assert.match(json ? out : err, /--yes/);
    assert.doesNotMatch(out + err, /secret/);
    assert.ok(!`${out}${err}`.includes('\u001b'), 'a name cannot speak to the terminal');
    assert.ok(!existsSync(here.canary));
  });
}

const terminal = existsSync('/usr/bin/script') ? false : 'needs script(1)';

test('at a terminal it asks once; a no starts nothing, a yes serves', { skip: terminal }, async () => {
  for (const answer of ['n', 'y'] as const) {
    const here = world();
    writeFileSync(join(here.home, '.claude.json'), serversFile({ files: traced(here.canary) }));
    const text = await atTerminal(here, answer);
    assert.match(text, /Serve this server\? \[Y\/n\]/);
    assert.equal(existsSync(here.canary), answer === 'y');
    assert.match(text, answer === 'y' ? /1 of 1 server ready/ : /Nothing was started/);
  }
});

/** Types the answer when asked, and Ctrl-C when the servers are ready. */
async function atTerminal({ cwd, env }: World, answer: string): Promise<string> {
  const command = `'${process.execPath}' '${BIN}' --port 0`;
  const child = spawn('script', ['-qec', command, '/dev/null'], { cwd, env: { ...env, TERM: 'dumb' } });
  const exited = once(child, 'exit');
  let text = '';
  const waiting = [
    { until: '[Y/n]', type: `${answer}\n` },
    { until: '"mcpServers"', type: '\u0003' },
  ];
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    const next = waiting[0];
    if (next === undefined || !text.includes(next.until)) return;
    waiting.shift();
    child.stdin.write(next.type);
  });
  await exited;
  return text;
}

const PROJECT_FILES = ['.mcp.json', '.cursor/mcp.json', '.vscode/mcp.json', 'gatewright.yaml', '.gemini/settings.json'];

test('the project of a stranger is not run, whatever files it brings', async () => {
  const here = world();
  for (const path of PROJECT_FILES) {
    const text =
      path.startsWith('.vscode') || path.endsWith('.yaml')
        ? JSON.stringify({ servers: { evil: traced(here.canary) } })
        : serversFile({ evil: traced(here.canary) });
    mkdirSync(dirname(join(here.cwd, path)), { recursive: true });
    writeFileSync(join(here.cwd, path), text);
  }
  const lines = await whileServing(here, ['--yes'], async () => {});
  assert.ok(lines.some(({ event }) => event === 'sample'));
  assert.ok(!existsSync(here.canary), 'a command of the project has run');
});

for (const path of PROJECT_FILES.slice(0, 3)) {
  test(`${path} of a project is served when it is named`, async () => {
    const here = world();
    mkdirSync(dirname(join(here.cwd, path)), { recursive: true });
    const key = path.startsWith('.vscode') ? 'servers' : 'mcpServers';
    writeFileSync(join(here.cwd, path), JSON.stringify({ [key]: { known: traced(here.canary) } }));
    await whileServing(here, ['--config', path], async () => {});
    assert.ok(existsSync(here.canary));
  });
}

test('our own file wins, and nothing is asked', async () => {
  const here = world({
    home: { '.config/gatewright/gatewright.yaml': 'servers: {}\n', '.claude.json': serversFile({ a: {} }) },
  });
  const lines = await whileServing(here, [], async () => {});
  assert.ok(!lines.some(({ event }) => event === 'found'));
});
