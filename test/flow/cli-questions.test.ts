/*
 * A server that asks in the middle of a call: a person at a terminal is asked, in both eras; a script is not, and the server
 * knows it beforehand. The command runs in this process, because only so can a test be the person.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCli } from '../../src/cli/cli.ts';
import { processIo } from '../../src/cli/process-io.ts';
import { at } from '../rig/json-rpc.ts';
import { type ScriptedHttpUpstream, startScripted } from '../rig/scripted-upstream.ts';
import { openStage, type Stage } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-cli-questions-'));
const env = { GATEWRIGHT_DATA_DIR: join(folder, 'data') };
let old: ScriptedHttpUpstream;
let fresh: ScriptedHttpUpstream;
let stage: Stage;

before(async () => {
  old = await startScripted({ revision: '2025-11-25', transport: 'http', answerAs: 'sse' });
  fresh = await startScripted({ revision: '2026-07-28', transport: 'http' });
  stage = await openStage({ old, fresh }, { gateway: { env } });
});
after(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});

/** `lines` are typed by the person; undefined: nobody is there. */
async function atTerminal(argv: readonly string[], lines: readonly string[] | undefined) {
  const left = [...(lines ?? [])];
  let [out, err] = ['', ''];
  const ask = async (question: string) => {
    err += question;
    return left.shift();
  };
  const code = await runCli(argv, {
    ...processIo(),
    env,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    terminal: { outColumns: 80, errColumns: 80, ask: lines && ask },
    onSignal: () => () => {},
    onHangup: () => () => {},
    conditions: () => assert.fail('no condition is judged'),
  });
  return { code, out, err };
}

for (const server of ['old', 'fresh']) {
  describe(`a server of ${server === 'old' ? '2025-11-25' : '2026-07-28'}`, () => {
    test('gets what the person typed', async () => {
      const { out, err, code } = await atTerminal(['call', `${server}.ask`, 'message=Which one?'], ['this one', 'y']);
      assert.match(err, new RegExp(`The server ${server} asks:\nWhich one\\?\nanswer \\(text, optional\\): Send this`));
      assert.deepEqual(at(JSON.parse(out), 'answered'), { action: 'accept', content: { answer: 'this one' } });
      assert.equal(code, 0);
    });

    test('hears that the person said no', async () => {
      const { out } = await atTerminal(['call', `${server}.ask`], ['', 'n']);
      assert.deepEqual(at(JSON.parse(out), 'answered'), { action: 'decline' });
    });

    test('knows beforehand that it cannot ask a script', async () => {
      assert.equal((await atTerminal(['call', `${server}.offered`], undefined)).out, '{}\n');
    });

    test('is offered forms at a terminal, and nothing else', async () => {
      assert.deepEqual(JSON.parse((await atTerminal(['call', `${server}.offered`], [])).out), { elicitation: {} });
    });
  });
}

test('a newer server that asks without having been offered it is declined', async () => {
  const { out } = await atTerminal(['call', 'fresh.ask'], undefined);
  assert.deepEqual(at(JSON.parse(out), 'answered'), { action: 'decline' });
});

test('a server that asks without end is stopped', async () => {
  const question = { method: 'elicitation/create', params: { message: 'Again?', requestedSchema: { type: 'object' } } };
  await fresh.set('tools/call slow', { answer: { resultType: 'input_required', inputRequests: { question } } });
  const { code, err } = await atTerminal(
    ['call', 'fresh.slow'],
    Array.from({ length: 100 }, () => 'y'),
  );
  assert.equal(code, 1);
  assert.match(err, /asked for more and more/);
});

test('a terminal has no line that is longer than it is wide', async () => {
  const { out } = await atTerminal(['tools'], []);
  assert.ok(out.split('\n').every((line) => line.length <= 80));
});
