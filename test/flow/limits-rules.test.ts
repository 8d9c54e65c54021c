/*
 * The limits of dry runs: at the limit everything is looked at and told, one more and it is refused, or the answer says that
 * there was more.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { openPlaneDesk } from '../rig/desk-plane.ts';

const LIMITS = { dryRunQuestionsMax: 2, dryRunPrincipalsMax: 4, dryRunPairsMax: 8, dryRunRowsMax: 6 };
const desk = await openPlaneDesk({
  file: JSON.stringify({
    servers: { files: { url: 'http://127.0.0.1:1/mcp', organisation: 'acme', visibility: 'public' } },
    access: { organisations: { acme: {} } },
    auth: { tokens: [{ name: 'laptop', token: randomBytes(32).toString('base64url'), organisation: 'acme' }] },
    limits: LIMITS,
  }),
});
after(() => desk.close());

interface DryRun {
  readonly questions: readonly unknown[];
  readonly sample: {
    readonly asked: number;
    readonly changed: number;
    readonly cut: boolean;
    readonly rows: readonly unknown[];
  };
}
const policy = { name: 'nothing', effect: 'deny', who: '*', what: '*' };
const run = (more: object) => desk.ask<DryRun>('ada', 'POST /api/v1/policies/dry-run', { body: { policy, ...more } });
const endpoint = 'acme--files';
/** uma, eva and ada; who views may use no tools. */
const PEOPLE = ['user:uma', 'user:eva', 'user:ada', 'user:vic'];

describe('dry runs', () => {
  for (const over of [0, 1]) {
    it(`dryRunQuestionsMax: ${over === 0 ? 'as many questions are answered' : 'one more is refused, and counted'}`, async () => {
      const question = { as: 'user:uma', tool: 'a', endpoint };
      const before = desk.hits.length;
      const { status, data, errors } = await run({ questions: Array.from({ length: 2 + over }, () => question) });
      assert.deepEqual(
        [status, over === 0 ? data.questions.length : errors[0]?.field],
        over === 0 ? [200, 2] : [400, 'body.questions'],
      );
      assert.deepEqual(desk.hits.slice(before), over === 0 ? [] : ['dryRunQuestionsMax']);
    });

    it(`dryRunPrincipalsMax: ${over === 0 ? 'as many are asked about' : 'one more is refused, and counted'}`, async () => {
      const before = desk.hits.length;
      const principals = [...PEOPLE, 'nobody'].slice(0, 4 + over);
      const { status, errors } = await run({ sample: { principals, endpoint } });
      assert.deepEqual([status, errors[0]?.field], over === 0 ? [200, undefined] : [400, 'body.sample.principals']);
      assert.deepEqual(desk.hits.slice(before), over === 0 ? [] : ['dryRunPrincipalsMax']);
    });

    it(`dryRunPairsMax: ${over === 0 ? 'as many pairs are looked at' : 'one more is not, which is told and counted'}`, async () => {
      desk.has('files', ['a', 'b', 'c', 'd', ...(over === 0 ? [] : ['e'])]);
      const before = desk.hits.length;
      const { sample } = (await run({ sample: { principals: PEOPLE.slice(0, 2), endpoint } })).data;
      assert.deepEqual([sample.asked, sample.cut], [8, over === 1]);
      assert.deepEqual(desk.hits.slice(before).includes('dryRunPairsMax'), over === 1);
    });

    it(`dryRunRowsMax: ${over === 0 ? 'as many rows are told' : 'one more is only counted'}`, async () => {
      desk.has('files', over === 0 ? ['a', 'b', 'c'] : ['a', 'b', 'c', 'd']);
      const before = desk.hits.length;
      const { sample } = (await run({ sample: { principals: PEOPLE.slice(0, 2), endpoint } })).data;
      assert.deepEqual([sample.rows.length, sample.changed], [6, 6 + 2 * over]);
      assert.deepEqual(desk.hits.slice(before), over === 0 ? [] : ['dryRunRowsMax']);
    });
  }

  it('dryRunPrincipalsMax: of those who are known no more are taken than that, which is told', async () => {
    const before = desk.hits.length;
    const all = (await run({ sample: { endpoint } })).data.sample;
    assert.deepEqual(
      [all.cut, desk.hits.slice(before)],
      [true, ['dryRunPrincipalsMax', 'dryRunPairsMax', 'dryRunRowsMax']],
    );
  });
});
