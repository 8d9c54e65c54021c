/*
 * The README's first screen, done as it says: the start prints what it prints, the call answers what it answers.
 *
 * Only the port differs, because 9000 may be taken here. The blocks are taken from the README itself, in order: install
 * and start, what the start prints, the call, its answer. Servers become ready in any order, so lines are sorted.
 */
import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const README = readFileSync(`${ROOT}README.md`, 'utf8');
const BLOCKS = [...README.matchAll(/^```(?:sh|text|json)\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
const [commands = '', printed = '', call = '', answer = ''] = BLOCKS;
const START_TIME_MS = 60_000;

const noCurl = spawnSync('curl', ['--version']).error ? 'curl is not installed' : false;

describe('the first screen of the README', () => {
  let gateway: ChildProcessByStdio<null, Readable, null>;
  let said = '';
  let port = '';

  before(async () => {
    gateway = spawn('npm', ['start', '--silent', '--', '--port', '0'], {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    said = await untilSnippet(gateway);
    port = /127\.0\.0\.1:(\d+)/.exec(said)?.[1] ?? '';
  });

  after(async () => {
    if (gateway.exitCode !== null || gateway.pid === undefined) return;
    const ended = once(gateway, 'exit');
    process.kill(-gateway.pid, 'SIGTERM');
    await ended;
  });

  test('its two commands are those that CI and this test run', () => {
    assert.equal(commands, 'npm install\nnpm start\n');
  });

  test('the start prints what it says', () => {
    assert.deepEqual(linesOf(said.replaceAll(`:${port}`, ':9000')), linesOf(printed));
  });

  test('the call gets the answer it says', { skip: noCurl }, () => {
    const got = execFileSync('sh', ['-c', call.replaceAll(':9000', `:${port}`)], { encoding: 'utf8' });
    assert.equal(got, answer.trimEnd());
  });
});

test('every page that the documents link to is there', () => {
  for (const page of ['README.md', 'docs/decisions/README.md']) {
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
