/*
 * The package as a stranger gets it: packed here, installed in an empty folder, started from there.
 *
 * Takes a build and an installation, therefore only with GATEWRIGHT_FULL=1.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type RunningFixture, startFixture } from '../fixture/http.ts';
import { callTool } from './modern-call.ts';
import { startCommand } from './running.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const skip = process.env.GATEWRIGHT_FULL ? false : 'only with GATEWRIGHT_FULL=1';

const headers = { 'content-type': 'application/json' };
/** The reference with its document and its assets; a login, for which the threads of the store and of passwords are there. */
const MANAGED: readonly (readonly [path: string, sent?: RequestInit])[] = [
  ['/docs/'],
  ['/docs/json'],
  ['/docs/static/swagger-ui-bundle.js'],
  ['/api/auth/login', { method: 'POST', headers, body: '{"username":"nobody","password":"a wrong one"}' }],
];

async function statusOf(url: string, sent?: RequestInit): Promise<number> {
  const { status, body } = await fetch(url, sent);
  await body?.cancel();
  return status;
}

describe('the packed package, installed elsewhere', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-packed-'));
  const command = join(folder, 'node_modules/.bin/gatewright');
  let fixture: RunningFixture;

  before(async () => {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT, stdio: 'pipe' });
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
    const install = ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${tarball}`];
    execFileSync('npm', install, { cwd: folder, stdio: 'pipe' });
    fixture = await startFixture();
  });

  after(async () => {
    await fixture?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('says its version', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    assert.equal(execFileSync(command, ['--version'], { encoding: 'utf8' }), `gatewright ${version}\n`);
  });

  test('has no sources, tests or development files', () => {
    const shipped = readdirSync(join(folder, 'node_modules/gatewright')).sort();
    const wanted = ['CHANGELOG.md', 'LICENSE', 'README.md', 'api', 'bin', 'dist', 'examples', 'package.json'];
    assert.deepEqual(shipped, wanted);
  });

  test('serves its sample when there is nothing else', async () => {
    const env = { HOME: folder, XDG_CONFIG_HOME: join(folder, 'config') };
    const gateway = await startCommand({ program: command, args: ['--port', '0', '--json'], cwd: folder, env });
    try {
      assert.match(JSON.stringify(await callTool(`${gateway.url}/mcp`, 'sample__add', { a: 2, b: 40 })), /"text":"42"/);
    } finally {
      assert.equal(await gateway.stop(), 0);
    }
  });

  test('serves a call and stops when asked', async () => {
    const config = join(folder, 'gatewright.yaml');
    writeFileSync(config, `servers:\n  fixture:\n    url: ${fixture.url}\n`);
    const args = ['serve', '--config', config, '--port', '0', '--json'];
    const gateway = await startCommand({ program: command, args, cwd: folder });
    try {
      assert.equal(gateway.ready, 1);
      const answer = await callTool(`${gateway.url}/mcp`, 'fixture__test_simple_text', {});
      assert.match(JSON.stringify(answer), /This is a simple text response for testing/);
      assert.deepEqual(
        await Promise.all(MANAGED.map(([path, sent]) => statusOf(`${gateway.url}${path}`, sent))),
        [200, 200, 200, 401],
      );
    } finally {
      assert.equal(await gateway.stop(), 0);
    }
  });
});
