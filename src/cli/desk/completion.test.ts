/*
 * Completion: each script is one its shell can read, bash really completes with it, and no name that a shell would run is
 * ever offered.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openStage, type Stage } from '../../../test/flow/stage.ts';
import { BINARY, cli } from '../../../test/rig/cli.ts';
import { startScripted } from '../../../test/rig/scripted-upstream.ts';
import { completionScript, SHELLS } from './completion-scripts.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-completion-'));
const env = { GATEWRIGHT_DATA_DIR: join(folder, 'data') };
let stage: Stage;

before(async () => {
  const danger = ['$(touch x)', 'a b', 'a;b', '`id`', 'a\nb', "a'b"];
  const tools = [...danger, 'get:one'].map((name) => ({ name, inputSchema: { type: 'object' } }));
  const old = await startScripted({ revision: '2025-11-25', transport: 'http', tools });
  stage = await openStage({ old }, { others: { gone: { url: 'http://127.0.0.1:1/mcp' } }, gateway: { env } });
});
after(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});

const has = (shell: string): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

for (const shell of SHELLS) {
  test(`${shell} can read its script`, { skip: has(shell) ? false : `no ${shell} here` }, () => {
    const path = join(folder, shell);
    writeFileSync(path, completionScript(shell) ?? '');
    execFileSync(shell, ['-n', path]);
  });
}

describe('candidates', () => {
  const rows: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['a command', ['re'], ['restore', 'resources', 'read', 'restart']],
    ['a client', ['connect', '--yes', 'cl'], ['claude-desktop', 'claude-code', 'cline']],
    ['an option of a command', ['call', '--ti'], ['--timeout']],
    ['an option of the default command', ['--po'], ['--port']],
    ['a tool by its server', ['call', 'old.e'], ['old.echo']],
    ['a tool whose name has a colon', ['call', 'old.g'], ['old.get:one']],
    ['a tool after an option', ['call', '--json', 'old.e'], ['old.echo']],
    ['no tool where arguments stand', ['call', 'old.echo', ''], []],
    ['a server', ['logs', ''], ['old', 'gone']],
    ['a resource', ['read', 'scripted://t'], ['scripted://text']],
    ['a shell', ['completion', 'z'], ['zsh']],
    ['nothing for an unknown command', ['frobnicate', ''], []],
    ['no name that a shell would take apart or run', ['call', 'old.a'], ['old.ask']],
    ['no name that would run a command', ['call', 'old.$'], []],
  ];
  for (const [what, words, expected] of rows) {
    test(what, async () => {
      const { out, code, err } = await cli(['__complete', '--', ...words], { env });
      assert.deepEqual(out.split('\n').filter(Boolean), expected, err);
      assert.equal(code, 0);
    });
  }
});

describe('bash completes', { skip: has('bash') ? false : 'no bash here' }, () => {
  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ['a command', 'gatewright serv', ['serve', 'servers']],
    ['a tool', 'gatewright call old.e', ['old.echo']],
    ['what stands behind a colon, where bash has cut the word', 'gatewright call old.get:o', ['one']],
    ['a server', 'gatewright restart ', ['old', 'gone']],
  ];
  for (const [what, line, expected] of rows) {
    test(what, () => {
      symlinkTo(BINARY);
      const script = `
        source <(gatewright completion bash)
        COMP_LINE=$1; COMP_POINT=\${#1}
        # As readline cuts it: at blanks, and at each colon.
        read -ra COMP_WORDS <<< "\${1//:/ : }"; [[ $1 == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
        compopt() { :; }
        _gatewright; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const PATH = `${folder}:${join(process.execPath, '..')}:${process.env.PATH}`;
      const out = execFileSync('bash', ['-c', script, 'bash', line], { env: { ...env, PATH, HOME: folder } });
      assert.deepEqual(out.toString().split('\n').filter(Boolean), expected);
    });
  }
});

function symlinkTo(binary: string): void {
  rmSync(join(folder, 'gatewright'), { force: true });
  symlinkSync(binary, join(folder, 'gatewright'));
}
