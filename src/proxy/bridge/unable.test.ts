import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardMessage } from '../../../test/rig/made.ts';
import { cannotBeAsked, capabilityFor, isDeclared, lacksCapability, noAnswer, refusedBy } from './unable.ts';

const question = (method: string, params?: object) => heardMessage({ id: 0, method, ...(params ? { params } : {}) });

describe('the capability that a question needs', () => {
  const rows: [string, object | undefined, string][] = [
    ['roots/list', undefined, 'roots'],
    ['sampling/createMessage', { messages: [] }, 'sampling'],
    ['sampling/createMessage', { tools: [] }, 'sampling.tools'],
    ['sampling/createMessage', { toolChoice: {} }, 'sampling.tools'],
    ['elicitation/create', {}, 'elicitation.form'],
    ['elicitation/create', { mode: 'form' }, 'elicitation.form'],
    ['elicitation/create', { mode: 'url' }, 'elicitation.url'],
    ['elicitation/create', { mode: 'telepathy' }, 'elicitation.telepathy'],
    ['elicitation/create', { mode: 5 }, 'elicitation.form'],
  ];
  for (const [method, params, needed] of rows) {
    test(`${method} ${JSON.stringify(params)} needs ${needed}`, () => {
      assert.equal(capabilityFor(question(method, params)).join('.'), needed);
    });
  }
  test('is declared when every step of it is there', () => {
    const able = '{"elicitation":{"form":{}},"roots":{}}';
    assert.equal(isDeclared(able, ['elicitation', 'form']), true);
    assert.equal(isDeclared(able, ['roots']), true);
    for (const path of [['sampling'], ['elicitation', 'url'], ['elicitation', 'toString'], ['constructor']]) {
      assert.equal(isDeclared(able, path), false, path.join('.'));
    }
  });
});

describe('the words say what was wanted and why it could not be had', () => {
  const form = question('elicitation/create', { message: 'Who "are" you?' });
  test('of a client that cannot be asked', () => {
    assert.match(
      cannotBeAsked(form, ['elicitation', 'form']).message,
      /elicitation\/create \(Who "are" you\?\).*elicitation\.form/,
    );
    assert.match(noAnswer(question('roots/list'), 'it went away').message, /roots\/list, but it went away\.$/);
  });
  test('of a client that answered with an error, in its words if it has any', () => {
    assert.match(
      refusedBy(form, heardMessage({ id: 1, error: { code: -1, message: 'Not now' } })).message,
      /error: Not now\.$/,
    );
    for (const message of [undefined, 5]) {
      const error = { code: -1, ...(message === undefined ? {} : { message }) };
      assert.match(refusedBy(form, heardMessage({ id: 1, error })).message, /answered with an error\.$/);
    }
  });
  test('without end of either side’s making', () => {
    const long = question('elicitation/create', { message: 'x'.repeat(10_000) });
    const error = heardMessage({ id: 1, error: { code: 1, message: 'y'.repeat(10_000) } });
    assert.ok(refusedBy(long, error).message.length < 600);
  });
  test('of a server that says what it needs', () => {
    const needs = (data?: object) =>
      lacksCapability(heardMessage({ id: 1, error: { code: -32021, message: 'm', ...(data ? { data } : {}) } }))
        .message;
    const required = { elicitation: { form: {}, url: {} }, sampling: {} };
    assert.match(
      needs({ requiredCapabilities: required }),
      /needs elicitation\.form, elicitation\.url, sampling of the client/,
    );
    for (const odd of [undefined, {}, { requiredCapabilities: 'x' }, { requiredCapabilities: [] }]) {
      assert.match(needs(odd), /needs a capability of the client/);
    }
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`c${n}`, {}]));
    assert.ok(needs({ requiredCapabilities: many }).length < 300);
  });
});
