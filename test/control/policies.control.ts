/*
 * What a dry run foretells is what calls get once the policy is saved: random policies over the API of a real gateway, and the
 * same questions asked before by a dry run and afterwards by a client. 6 policies; GATEWRIGHT_FULL=1 makes it 200.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { at } from '../rig/json-rpc.ts';
import { legacyClient } from '../rig/raw-client.ts';
import { type ControlStage, openControlStage } from './stage.ts';

const FULL = process.env.GATEWRIGHT_FULL === '1';
const POLICIES = FULL ? 200 : 6;

const TOOLS = ['test_simple_text', 'test_image_content', 'test_error_handling'] as const;
const ENDPOINT = 'acme--shared';

let stage: ControlStage;
before(async () => {
  stage = await openControlStage();
  await stage.until(async () =>
    (await stage.ask('uma', `GET /api/v1/tools?server=${ENDPOINT}`)).text.includes(TOOLS[0]),
  );
});
after(() => stage.close());

interface Saved {
  readonly id: string;
  readonly version: number;
}
interface DryRun {
  readonly questions: readonly { readonly before: Answer; readonly after: Answer }[];
}
interface Answer {
  readonly answer: string;
}

const patterns = fc.uniqueArray(fc.constantFrom(...TOOLS, '*', 'test_*', '*_text', 'nothing'), {
  minLength: 1,
  maxLength: 2,
});
const what = fc.oneof(
  fc.constant('*' as const),
  fc.record({ servers: fc.constantFrom(['*'], [ENDPOINT], ['acme--*']), tools: patterns }),
);
const who = fc.oneof(
  fc.constant('*' as const),
  fc.record({ users: fc.constantFrom(['uma'], ['eva'], ['u*']) }),
  fc.record({ roles: fc.constantFrom(['user'], ['viewer'], ['*']) }),
);
const policy = fc.record(
  {
    ...{ effect: fc.constantFrom('allow', 'deny'), priority: fc.integer({ min: 1, max: 1_000 }), who, what },
    exceptWhat: fc.record({ servers: fc.constant(['*']), tools: patterns }),
    when: fc.constantFrom('target.name.startsWith("test_s")', 'principal.user == "uma"', '1 / 0 == 1'),
  },
  { requiredKeys: ['effect', 'priority', 'who', 'what'] },
);

/** Which of the tools uma’s key may list, and call, at this moment. */
async function happens(): Promise<readonly string[]> {
  const client = legacyClient(`${stage.url}/mcp/${ENDPOINT}`, '2025-11-25', {
    headers: { authorization: `Bearer ${stage.tokens['uma-write']}` },
  });
  try {
    const { status } = await client.initialize();
    if (status !== 200) return TOOLS.map(() => 'no');
    const { answer } = await client.call('tools/list');
    const listed = (at(answer, 'result', 'tools') as readonly { readonly name: string }[]).map(({ name }) => name);
    const said: string[] = [];
    for (const name of TOOLS) {
      const called = await client.call('tools/call', { name, arguments: {} });
      const isThere = at(called.answer, 'error') === undefined;
      assert.equal(listed.includes(name), isThere, `${name} is listed when it may be called`);
      said.push(isThere ? 'yes' : 'no');
    }
    return said;
  } finally {
    client.close();
  }
}

test('a dry run foretells what a client gets', async () => {
  const questions = TOOLS.map((tool) => ({ as: 'user:uma', tool, endpoint: ENDPOINT }));
  const now = await happens();
  await fc.assert(
    fc.asyncProperty(policy, async (given) => {
      const named = { name: 'tried', ...given };
      const dry = await stage.ask<DryRun>('ada', 'POST /api/v1/policies/dry-run', {
        body: { policy: named, questions },
      });
      assert.equal(dry.status, 200, dry.text);
      assert.deepEqual(
        dry.data.questions.map(({ before: { answer } }) => answer),
        now,
      );
      assert.deepEqual(await happens(), now, 'a dry run changes nothing');
      const saved = await stage.ask<Saved>('ada', 'POST /api/v1/policies', { body: named });
      assert.equal(saved.status, 201, saved.text);
      const after_ = await happens();
      await stage.ask('ada', `DELETE /api/v1/policies/${saved.data.id}`, { ifMatch: saved.data.version });
      assert.deepEqual(
        after_,
        dry.data.questions.map(({ after: { answer } }) => answer),
      );
    }),
    { numRuns: POLICIES },
  );
});
