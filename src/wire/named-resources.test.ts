import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heardMessage, sentMessage } from '../../test/rig/made.ts';
import type { Message, Span } from '../model/message.ts';
import {
  resourcesInAnswer,
  resourcesInQuestion,
  resourcesInResponses,
  resourcesInSampled,
  resourcesInTool,
} from './named-resources.ts';

const shown = (bytes: Buffer, spans: readonly Span[]) =>
  spans.map(({ start, end }) => bytes.toString('utf8', start, end));
const inAnswer = (text: string, method: string) => {
  const message = heardMessage(`{"jsonrpc":"2.0","id":1,${text}}`);
  return shown(message.bytes, resourcesInAnswer(message, method));
};
const inResult = (result: string, method = 'tools/call') => inAnswer(`"result":${result}`, method);

const SAMPLING =
  '{"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"a:1"}}},' +
  '{"role":"user","content":[{"type":"tool_result","toolUseId":"u","content":[{"type":"resource_link","uri":"a:2"}],' +
  '"structuredContent":{"uri":"no:1"}},{"type":"tool_use","input":{"uri":"no:2"}}]}],"uri":"no:3","maxTokens":1}';

describe('a result names', () => {
  const rows: [string, string, string, string[]][] = [
    [
      'what was read',
      'resources/read',
      '{"contents":[{"uri":"a:1","text":"x"},{"blob":"","uri":"a:2"}]}',
      ['a:1', 'a:2'],
    ],
    ['what a tool links to', 'tools/call', '{"content":[{"type":"resource_link","name":"n","uri":"a:1"}]}', ['a:1']],
    ['what a tool embeds', 'tools/call', '{"content":[{"resource":{"uri":"a:1"},"type":"resource"}]}', ['a:1']],
    [
      'what a prompt embeds, block by block or in a list of them',
      'prompts/get',
      '{"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"a:1"}}},{"content":[{"type":"resource_link","uri":"a:2"}]}]}',
      ['a:1', 'a:2'],
    ],
    [
      'the page of an app, in both spellings, in their order',
      'tools/call',
      '{"_meta":{"ui/resourceUri":"ui://old","ui":{"resourceUri":"ui://new","csp":{"resourceUri":"no"}}},"content":[]}',
      ['ui://old', 'ui://new'],
    ],
    [
      'what it asks a model about',
      'tools/call',
      `{"resultType":"input_required","inputRequests":{"k":{"method":"sampling/createMessage","params":${SAMPLING}}}}`,
      ['a:1', 'a:2'],
    ],
    [
      'what its keys say, however they are written',
      'tools/call',
      '{"cont\\u0065nt":[{"type":"\\u0072esource_link","\\u0075ri":"a:1"}]}',
      ['a:1'],
    ],
    ['by an empty text too', 'resources/read', '{"contents":[{"uri":""}]}', ['']],
    [
      'all that stands there twice',
      'resources/read',
      '{"contents":[{"uri":"a:1","uri":"a:2"}],"contents":[{"uri":"a:3"}]}',
      ['a:1', 'a:2', 'a:3'],
    ],
    [
      'what any of two types says, once',
      'tools/call',
      '{"content":[{"type":"text","type":"resource_link","type":"resource_link","uri":"a:1"}]}',
      ['a:1'],
    ],
  ];
  for (const [what, method, result, uris] of rows)
    test(what, () =>
      assert.deepEqual(
        inResult(result, method),
        uris.map((uri) => JSON.stringify(uri)),
      ),
    );
});

describe('a result names behind so many', () => {
  for (const count of [...Array(8).keys(), 46, 47, 48, 49, 500]) {
    for (const [what, filler] of [
      ['quotes', '1,"",'],
      ['backslashes', '"\\\\u0",'],
    ] as const) {
      test(`${what} (${count}) what it links to`, () => {
        for (const uri of ['"uri"', '"u\\u0072i"', '"\\u0075r\\u0069"']) {
          const link = `{"type":"resource_link",${uri}:"a:1"}`;
          assert.deepEqual(inResult(`{"content":[${filler.repeat(count)}${link}]}`), ['"a:1"']);
        }
      });
    }
  }
});

describe('a result does not name', () => {
  const rows: [string, string, string?][] = [
    [
      'what its structured content says',
      '{"content":[],"structuredContent":{"uri":"x","content":[{"type":"resource_link","uri":"x"}]}}',
    ],
    [
      'what its text says',
      '{"content":[{"type":"text","text":"{\\"uri\\":\\"x\\"}","uri":"x","resource":{"uri":"x"}}]}',
    ],
    ['what a block of another type holds', '{"content":[{"type":"image","uri":"x"},{"uri":"x"},{"type":7,"uri":"x"}]}'],
    [
      'what a link embeds, or an embedded resource links to',
      '{"content":[{"type":"resource_link","resource":{"uri":"x"}},{"type":"resource","uri":"x"}]}',
    ],
    ['a URI that is no text', '{"content":[{"type":"resource_link","uri":["x"]},{"type":"resource_link","uri":null}]}'],
    [
      'what a form asks for',
      '{"inputRequests":{"k":{"method":"elicitation/create","params":{"messages":[{"content":{"type":"resource_link","uri":"x"}}]}}}}',
    ],
    [
      'what other `_meta` holds',
      '{"content":[],"_meta":{"uri":"x","vendor/ui":{"resourceUri":"x"},"resourceUri":"x"}}',
    ],
    [
      'anything where the method has no resources',
      '{"contents":[{"uri":"x"}],"content":[{"type":"resource_link","uri":"x"}]}',
      'completion/complete',
    ],
    ['contents of another method', '{"contents":[{"uri":"x"}]}'],
    [
      'what stands where something else belongs',
      '{"content":{"type":"resource_link","uri":"x"},"_meta":[{"ui/resourceUri":"x"}]}',
    ],
  ];
  for (const [what, result, method] of rows) test(what, () => assert.deepEqual(inResult(result, method), []));
});

describe('an error names', () => {
  const error = '"error":{"code":-32602,"message":"uri","data":{"uri":"a:1","more":{"uri":"x"}}}';
  test('the resource that cannot be read', () => assert.deepEqual(inAnswer(error, 'resources/read'), ['"a:1"']));
  test('nothing for another method', () => assert.deepEqual(inAnswer(error, 'tools/call'), []));
});

describe('a question names', () => {
  const inQuestion = (method: string) => {
    const message = heardMessage(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":${SAMPLING}}`);
    return shown(message.bytes, resourcesInQuestion(message));
  };
  test('what a model is to read', () => assert.deepEqual(inQuestion('sampling/createMessage'), ['"a:1"', '"a:2"']));
  test('nothing when it is to a person', () => assert.deepEqual(inQuestion('elicitation/create'), []));
});

describe('a client’s answer names', () => {
  const content = '"content":[{"type":"tool_result","content":[{"type":"resource_link","uri":"a:1"}]}]';
  const said = `{"role":"assistant","model":"m",${content}}`;
  const inSampled = (method: string) => {
    const message = sentMessage(`{"jsonrpc":"2.0","id":1,"result":${said}}`);
    return shown(message.bytes, resourcesInSampled(message, method));
  };
  const inResponses = (members: string) => {
    const message: Message = sentMessage(
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t",${members}}}`,
    );
    return shown(message.bytes, resourcesInResponses(message));
  };
  test('what its model read', () => assert.deepEqual(inSampled('sampling/createMessage'), ['"a:1"']));
  test('nothing when it was a form', () => assert.deepEqual(inSampled('elicitation/create'), []));
  test('the same with a request that brings it', () =>
    assert.deepEqual(inResponses(`"inputResponses":{"k":${said}}`), ['"a:1"']));
  test('nothing of a form there', () => {
    assert.deepEqual(inResponses(`"inputResponses":{"k":{"action":"accept",${content}}}`), []);
  });
  test('nothing in the arguments', () => {
    assert.deepEqual(inResponses(`"arguments":{"inputResponses":{"k":${said}}}`), []);
  });
});

test('a tool names its app, and nothing in its schemas', () => {
  const bytes = Buffer.from(
    '{"name":"t","inputSchema":{"_meta":{"ui/resourceUri":"x"},"properties":{"uri":{}}},"_meta":{"ui":{"resourceUri":"ui://a"},"ui/resourceUri":"ui://b"}}',
  );
  assert.deepEqual(shown(bytes, resourcesInTool(bytes)), ['"ui://a"', '"ui://b"']);
});

test('a key that is no JSON string makes the whole unreadable', () => {
  assert.throws(
    () => inResult('{"content":[{"type":"resource_link","\\u00zz":1,"u\\x":"a:1","uri":"a:2"}]}'),
    SyntaxError,
  );
});
