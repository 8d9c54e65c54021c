/*
 * What is wrong with a condition is said where everything else about the file is, with its place, before anything starts.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cli } from '../rig/cli.ts';

describe('a condition of a policy', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatewright-conditions-'));
  });
  after(() => rm(folder, { recursive: true }));

  const checked = async (when: string) => {
    const file = join(folder, 'gateway.yaml');
    const policy = `{name: hours, effect: deny, who: "*", what: "*", when: '${when}'}`;
    const servers = 'servers:\n  a: {url: "http://127.0.0.1:9/mcp"}\n';
    await writeFile(file, `${servers}access:\n  conditionHeaders: [X-Team]\n  policies:\n    - ${policy}\n`);
    const { code, out, err } = await cli(['check', file], { env: { HOME: folder } });
    return { code, said: out + err };
  };

  test('that is right is taken', async () => {
    const { code, said } = await checked('request.time.getHours() < 8 || request.headers["x-team"] == "night"');
    assert.equal(code, 0, said);
  });

  const faults: readonly [string, RegExp][] = [
    ['request.time.getHours() <', /:6:\d+ access\.policies\[0\]\.when: It is no CEL expression: line 1, column \d+\./],
    ['prinzipal.id == "x"', /access\.policies\[0\]\.when: There is nothing called "prinzipal"\./],
    ['request.headers.cookie == "x"', /when: It reads a header field that access\.conditionHeaders does not name\./],
  ];
  for (const [when, said] of faults) {
    test(`${when} is refused`, async () => {
      const outcome = await checked(when);
      assert.notEqual(outcome.code, 0);
      assert.match(outcome.said, said);
    });
  }
});
