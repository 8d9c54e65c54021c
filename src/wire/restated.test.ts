import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codecOf } from './codecs.ts';
import { restated } from './restated.ts';

type Said = Readonly<Record<string, unknown>>;
const ALL = {
  elicitation: { form: {}, url: {} },
  sampling: { tools: {}, context: {} },
  roots: { listChanged: true },
  tasks: { list: {} },
  extensions: { 'com.example/x': { y: [1] } },
  experimental: { z: {} },
};

function told(said: Said, revision: Parameters<typeof codecOf>[0], canBeAsked = true): Said {
  return JSON.parse(restated(JSON.stringify(said), codecOf(revision), canBeAsked));
}

describe('what an older client can do, told to a newer server', () => {
  const { extensions, experimental } = ALL;
  const rest = { extensions, experimental };
  test('is what its revision has', () => {
    const { elicitation, sampling } = ALL;
    assert.deepEqual(told(ALL, '2025-11-25'), { elicitation, sampling, roots: {}, ...rest });
    assert.deepEqual(told(ALL, '2025-06-18'), { elicitation: { form: {} }, sampling: {}, roots: {}, ...rest });
    assert.deepEqual(told(ALL, '2025-03-26'), { sampling: {}, roots: {}, ...rest });
    assert.deepEqual(told(ALL, '2024-11-05'), { sampling: {}, roots: {}, ...rest });
  });
  test('names the form that it meant without saying so', () => {
    assert.deepEqual(told({ elicitation: {} }, '2025-11-25'), { elicitation: { form: {} } });
    assert.deepEqual(told({ elicitation: { url: {} } }, '2025-06-18'), { elicitation: { form: {} } });
    assert.deepEqual(told({ elicitation: { url: {} } }, '2025-11-25'), { elicitation: { url: {} } });
  });
  test('has no tasks, which no session can follow, and every other extension', () => {
    const said = { 'io.modelcontextprotocol/tasks': {}, 'io.modelcontextprotocol/ui': { mimeTypes: ['a/b'] } };
    assert.deepEqual(told({ extensions: said }, '2025-11-25'), {
      extensions: { 'io.modelcontextprotocol/ui': { mimeTypes: ['a/b'] } },
    });
    assert.deepEqual(told({ extensions: 5 }, '2025-11-25'), { extensions: 5 });
  });
  test('is nothing that is asked for where nobody can be asked', () => {
    assert.deepEqual(told(ALL, '2025-11-25', false), rest);
    assert.equal(restated('{}', codecOf('2025-11-25'), true), '{}');
  });
  test('does not count when it is no object', () => {
    assert.deepEqual(told({ elicitation: true, sampling: null, roots: [] }, '2025-11-25'), {});
    assert.deepEqual(told({ elicitation: { form: true, url: null } }, '2025-11-25'), { elicitation: { form: {} } });
  });
  test('may have any name', () => {
    const odd = '{"toString":{"a":1},"__proto__":{"b":2}}';
    assert.equal(restated(odd, codecOf('2025-11-25'), true), odd);
  });
});
