/*
 * The README's first screen, done as it says: the start prints what it prints, the calls answer what they answer.
 *
 * Only the port differs, because 9000 may be taken here. The blocks are taken from the README itself, in order: the two
 * commands, what the start prints, the call and what it prints, the same as a client's request and its answer. Servers
 * become ready in any order, so lines are sorted. What the README says of five servers is the story in `test/many`.
 */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BINARY } from '../rig/cli.ts';
import { dataFolder } from '../rig/data-folder.ts';
import { shownIn } from './shown.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(`${ROOT}README.md`, 'utf8');
const GUIDE = readFileSync(`${ROOT}docs/guides/many-servers.md`, 'utf8');
const BLOCKS = shownIn(README, 'sh', 'text', 'json');
const [commands = '', printed = '', call = '', content = '', request = '', answer = ''] = BLOCKS;
/** So that the command finds the gateway of this test, and no other that runs here. */
const env = { ...process.env, ...dataFolder() };
/** For a part of a file, because a file without servers is warned of. */
const ONE_SERVER = 'servers:\n  tracker:\n    url: https://tracker.example.com/mcp\n';
const managing = shownIn(README, 'sh').find((block) => block.startsWith('API=')) ?? '';
/** The password and the place that the README shows. */
const [SHOWN_PASSWORD = ''] = /^ {2}(?:[a-z0-9]{5}-){4}[a-z0-9]{5}$/m.exec(printed) ?? [];
const SHOWN_KEY_FILE = '~/.local/share/gatewright/encryption.key';
const START_TIME_MS = 60_000;

const noCurl = spawnSync('curl', ['--version']).error ? 'curl is not installed' : false;

describe('the first screen of the README', () => {
  let gateway: ChildProcessByStdio<null, Readable, null>;
  let said = '';
  let port = '';
  let password = '';
  const typed = (command: string) =>
    execFileSync('sh', ['-c', command.replaceAll(':9000', `:${port}`)], { cwd: ROOT, env, encoding: 'utf8' });

  before(async () => {
    gateway = spawn('npm', ['start', '--silent', '--', '--port', '0'], {
      cwd: ROOT,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    said = await untilSnippet(gateway);
    [password = ''] = /^ {2}(?:[a-z0-9]{5}-){4}[a-z0-9]{5}$/m.exec(said) ?? [];
    port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1] ?? '';
  });

  after(async () => {
    if (gateway.exitCode !== null || gateway.pid === undefined) return;
    const ended = once(gateway, 'exit');
    process.kill(-gateway.pid, 'SIGTERM');
    await ended;
  });

  test('its two commands are those that CI and this test run', () => {
    assert.equal(commands, 'npm install && npm start\nnpm install && npm test\n');
  });

  test('the start prints what it says', () => {
    const asShown = said
      .replaceAll(`:${port}`, ':9000')
      .replace(password, SHOWN_PASSWORD)
      .replace(join(env.GATEWRIGHT_DATA_DIR, 'encryption.key'), SHOWN_KEY_FILE);
    assert.deepEqual(linesOf(asShown), linesOf(printed));
  });

  test('the call prints what it says', () => {
    assert.equal(typed(call), content);
  });

  test('the request of a client gets the answer it says', { skip: noCurl }, () => {
    assert.equal(typed(request), answer.trimEnd());
  });

  test('what it says of managing makes a key', { skip: noCurl }, () => {
    const answers = typed(managing.replaceAll(SHOWN_PASSWORD.trim(), password.trim()));
    assert.match(answers, /^\{"code":0,.*\{"code":0,.*"key":"gwk_[^"]+"/s);
  });
});

describe('the files that the README and the guide show', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-readme-'));
  after(() => rmSync(folder, { recursive: true }));
  const toolset = readFileSync(join(ROOT, 'examples/toolset.yaml'), 'utf8');

  test('the toolset is part of the example that runs', () => {
    assert.equal(shownIn(README, 'yaml').filter((text) => toolset.includes(text)).length, 1);
  });

  test('all others are valid as they stand', () => {
    const whole = shownIn(README, 'yaml').filter((text) => !toolset.includes(text));
    const clients = shownIn(README, 'json').filter((text) => text.includes('server-memory'));
    const files = [...whole, ...clients, ...shownIn(GUIDE, 'yaml')];
    assert.equal(files.length, 3);
    for (const text of files) {
      const file = join(folder, 'shown.yaml');
      writeFileSync(file, text.includes('ervers') ? text : `${text}${ONE_SERVER}`);
      const secret = { LAPTOP_TOKEN: 'a-token-of-a-laptop-that-is-long-enough' };
      const checked = execFileSync(process.execPath, [BINARY, 'check', file], { env: { ...env, ...secret } });
      assert.match(checked.toString('utf8'), / 0 warnings/);
    }
  });
});

test('every page that the documents link to is there', () => {
  for (const page of ['README.md', 'docs/decisions/README.md', 'docs/guides/many-servers.md']) {
    const links = [...readFileSync(ROOT + page, 'utf8').matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? '');
    const missing = links.filter((link) => !existsSync(new URL(link, new URL(page, `file://${ROOT}`))));
    assert.deepEqual(missing, [], page);
  }
});

const linesOf = (text: string): string[] => text.trim().split('\n').sort();

/** Everything up to the end of the snippet for clients, the last thing a start prints. */
async function untilSnippet(gateway: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  let text = '';
  const timer = setTimeout(() => gateway.kill('SIGKILL'), START_TIME_MS);
  gateway.stdout.setEncoding('utf8');
  for await (const chunk of gateway.stdout.iterator({ destroyOnReturn: false })) {
    text += chunk;
    if (/^}$/m.test(text)) break;
  }
  clearTimeout(timer);
  gateway.stdout.resume();
  return text;
}
