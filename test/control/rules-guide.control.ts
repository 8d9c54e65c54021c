/*
 * The commands of the guide about rules work: each is sent as it stands there to a real gateway.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type ControlStage, openControlStage } from './stage.ts';

const GUIDE = readFileSync(new URL('../../docs/guides/rules-over-the-api.md', import.meta.url), 'utf8');
const COMMAND =
  /^api (?<method>[A-Z]+) '?(?<path>\/[^\s']*)'?(?: -d '(?<body>[^']*)')?(?: -H 'If-Match: "(?<tag>\d+)"')?$/gm;

interface Command {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly tag: string | undefined;
}
const commands = [...GUIDE.matchAll(COMMAND)].map(({ groups }) => groups as unknown as Command);

let stage: ControlStage;
let policy = '';
before(async () => {
  stage = await openControlStage();
  const ann = { username: 'ann', password: 'a quite long sentence of words', roles: ['user'] };
  const made = await stage.ask('admin', 'POST /api/v1/users', { body: ann });
  assert.equal(made.status, 201, made.text);
});
after(() => stage.close());

describe('the guide about rules', () => {
  it('has as many commands as it seems to', () => assert.equal(commands.length, GUIDE.match(/^api [A-Z]/gm)?.length));

  for (const { method, path, body, tag } of commands)
    it(`api ${method} ${path}`, async () => {
      const sent = {
        ...(body === undefined ? {} : { body: JSON.parse(body) as unknown }),
        ...(tag === undefined ? {} : { ifMatch: Number(tag) }),
      };
      const told = await stage.ask('admin', `${method} /api/v1${path.replace('pol_…', policy)}`, sent);
      assert.ok(told.status === 200 || told.status === 201, told.text);
      if (method === 'POST' && path === '/policies') policy = String(told.data.id);
    });
});
