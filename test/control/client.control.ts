/*
 * A client made of the checked-in OpenAPI document: it type-checks, and a real gateway answers it as its types say.
 *
 * What makes the types is no part of the project's own installation (`tools/openapi-client/`), and is installed when it is not there.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ADMIN_PASSWORD, openControlStage } from './stage.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOOL = 'tools/openapi-client';
const MAKER = `${TOOL}/node_modules/openapi-typescript/bin/cli.js`;
const TYPES = `${TOOL}/made/schema.d.ts`;

const stage = await openControlStage();
after(() => stage.close());

function node(...args: readonly string[]): Promise<{ readonly stdout: string }> {
  return run(process.execPath, args, { cwd: ROOT });
}

before(async () => {
  if (existsSync(`${ROOT}${MAKER}`)) return;
  const install = ['--prefix', TOOL, 'ci', '--ignore-scripts', '--no-audit', '--prefer-offline'];
  await run('npm', install, { cwd: ROOT });
});

test('the types of a client are made of the document', async () => {
  await mkdir(`${ROOT}${TOOL}/made`, { recursive: true });
  await node(MAKER, 'api/openapi.json', '-o', TYPES);
  assert.ok(existsSync(`${ROOT}${TYPES}`));
});

test('a program that uses them type-checks', async () => {
  await node('node_modules/typescript/bin/tsc', '-p', TOOL);
});

test('a gateway answers that program as the types say', async () => {
  const args = [
    '--disable-warning=ExperimentalWarning',
    `${TOOL}/smoke.ts`,
    stage.url,
    ADMIN_PASSWORD,
    stage.upstream.url,
  ];
  const { stdout } = await node(...args);
  assert.match(stdout, /a server registered/);
});
