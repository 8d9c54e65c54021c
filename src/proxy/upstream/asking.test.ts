import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardMessage, madeCall, sentMessage, targetOf } from '../../../test/rig/made.ts';
import type { Naming } from '../../model/snapshot.ts';
import { answerFor, questionFor } from './asking.ts';

const callIn = (naming: Naming) =>
  madeCall('{"id":1,"jsonrpc":"2.0","method":"tools/call","params":{"name":"x"}}', {
    endpointDefinition: {
      name: '',
      naming,
      separator: '__',
      organisation: 'default',
      scopesSupported: [],
      servers: ['srv'],
    },
    target: targetOf('tools', 'x'),
  });

const content = (uri: string) => `"content":{"type":"resource","resource":{"uri":"${uri}","text":"${uri}"}}`;
const text = (method: string, shown: string) =>
  `{"jsonrpc":"2.0","id":"q","method":"${method}","params":{"n":1.0,"messages":[{"role":"user",${content(shown)}}]}}`;
const sampling = heardMessage(text('sampling/createMessage', 'a:b').replace('"text":"a:b"', '"text":""'));

describe('a question in an aggregate', () => {
  test('names resources as the client knows them, and is a message that can be cut again', () => {
    const asked = questionFor(callIn('prefixed'), sampling);
    assert.equal(asked.bytes.toString(), sampling.bytes.toString().replace('a:b', 'srv+a:b'));
    assert.deepEqual([asked.method, asked.id, asked.kind], ['sampling/createMessage', 'q', 'request']);
    assert.equal(asked.bytes.toString('utf8', asked.idSpan?.start, asked.idSpan?.end), '"q"');
  });
  test('is the server’s own message when it names none, or to a person', () => {
    const form = heardMessage(text('elicitation/create', 'a:b'));
    assert.equal(questionFor(callIn('prefixed'), form), form);
    assert.equal(questionFor(callIn('transparent'), sampling), sampling);
  });
  test('that is no JSON is not put', () => {
    const broken = heardMessage(text('sampling/createMessage', 'a\\x:b'));
    assert.throws(() => questionFor(callIn('prefixed'), broken), SyntaxError);
  });
});

describe('an answer goes to its server', () => {
  const answered = (members: string, naming: Naming = 'prefixed') => {
    const answer = sentMessage(`{"jsonrpc":"2.0","result":{"role":"assistant",${members}},"id":7}`);
    return answerFor(callIn(naming), sampling, answer, '"q"').toString();
  };
  const out = (members: string) => `{"jsonrpc":"2.0","result":{"role":"assistant",${members}},"id":"q"}`;
  test('with the server’s id and the server’s own URIs', () => {
    assert.equal(answered(content('srv+a:b')), out(content('srv+a:b').replace('srv+', '')));
  });
  test('with what is not the server’s as it was said', () => {
    for (const uri of ['other+a:b', 'file:///a']) assert.equal(answered(content(uri)), out(content(uri)));
    assert.equal(answered(content('srv+a:b'), 'transparent'), out(content('srv+a:b')));
  });
  test('when it is an error, too', () => {
    const answer = sentMessage('{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"no"}}');
    const expected = '{"jsonrpc":"2.0","id":0,"error":{"code":-1,"message":"no"}}';
    assert.equal(answerFor(callIn('prefixed'), sampling, answer, '0').toString(), expected);
  });
});
