import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { questionJson, readQuestion } from './explain-question.ts';

const whole = {
  ...{ as: 'token:ann', tool: 'fs__read', endpoint: 'team', arguments: '{"path":"a"}', claims: { sub: 'ann' } },
  request: {
    address: '::1',
    headers: { 'x-team': 'a' },
    door: 'mcp-sse',
    revision: '2025-11-25',
    time: '2026-07-28T09:30:00.000Z',
  },
};

test('a question says what it said when it is written down again', () => {
  const read = readQuestion(whole);
  assert.ok('question' in read);
  assert.deepEqual(JSON.parse(JSON.stringify(questionJson(read.question))), whole);
});

test('what is not said is not known, but for the default endpoint', () => {
  const read = readQuestion({ credential: 'secret', prompt: 'greet' });
  assert.deepEqual('question' in read && read.question, {
    ...{ as: { credential: 'secret' }, claims: undefined, kind: 'prompt', name: 'greet' },
    ...{ endpoint: '', arguments: undefined, request: undefined },
  });
});

describe('a question is refused', () => {
  const rows: [string, unknown, RegExp][] = [
    ['that is no object', [], /The question must be an object/],
    ['with a member that nobody knows', { as: 'a', tool: 't', endpiont: 'x' }, /"endpiont", which is not known/],
    ['about nobody', { tool: 't' }, /Say "as" whom/],
    ['about two', { as: 'a', credential: 'b', tool: 't' }, /Say "as" whom, once/],
    ['about nothing', { as: 'a' }, /Name one "tool"/],
    ['about a tool and a prompt', { as: 'a', tool: 't', prompt: 'p' }, /Name one "tool"/],
    ['about a tool that is no name', { as: 'a', tool: 7 }, /"tool" must be text/],
    ['with arguments that are a list', { as: 'a', tool: 't', arguments: [] }, /arguments must be an object/],
    ['with arguments that are no JSON', { as: 'a', tool: 't', arguments: '{' }, /arguments must be a JSON object/],
    ['with a request of unknown parts', { as: 'a', tool: 't', request: { adress: '' } }, /"adress"/],
    ['with a door that there is not', { as: 'a', tool: 't', request: { door: 'rest' } }, /request\.door is one of/],
    ['with a revision that there is not', { as: 'a', tool: 't', request: { revision: '1' } }, /request\.revision/],
    ['with a time that is none', { as: 'a', tool: 't', request: { time: 'soon' } }, /request\.time/],
    ['with a header field that is no text', { as: 'a', tool: 't', request: { headers: { x: 1 } } }, /headers\.x/],
  ];
  for (const [what, value, why] of rows) {
    test(what, () => {
      const read = readQuestion(value);
      assert.match('wrong' in read ? read.wrong : 'read', why);
    });
  }
});
