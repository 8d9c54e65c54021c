import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeThrown, sentMessage } from '../../../test/rig/made.ts';
import type { ClientFacts } from '../../model/call.ts';
import { META } from '../codec.ts';
import { membersOf } from '../json/members.ts';
import { checkHeaders, readEnvelope } from './inbound.ts';

const call = (params: object, method = 'tools/call') => sentMessage({ id: 1, method, params });

describe('the headers of a request', () => {
  const rows: [string, Parameters<typeof call>, Record<string, string>, string][] = [
    ['agree with method and name', [{ name: 'echo' }], { 'mcp-method': 'tools/call', 'mcp-name': 'echo' }, 'nothing'],
    [
      'agree with a coded name',
      [{ name: 'ü' }],
      { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?w7w=?=' },
      'nothing',
    ],
    ['need the method', [{ name: 'echo' }], { 'mcp-name': 'echo' }, 'header_mismatch'],
    [
      'need the method in its own case',
      [{ name: 'e' }],
      { 'mcp-method': 'Tools/Call', 'mcp-name': 'e' },
      'header_mismatch',
    ],
    ['need the name', [{ name: 'echo' }], { 'mcp-method': 'tools/call' }, 'header_mismatch'],
    ['need the same name', [{ name: 'echo' }], { 'mcp-method': 'tools/call', 'mcp-name': 'Echo' }, 'header_mismatch'],
    [
      'cannot name a tool whose name is no text',
      [{ name: 5 }],
      { 'mcp-method': 'tools/call', 'mcp-name': '5' },
      'header_mismatch',
    ],
    [
      'cannot name anything with a broken code',
      [{ name: '=?base64?!?=' }],
      { 'mcp-method': 'tools/call', 'mcp-name': '=?base64?!?=' },
      'header_mismatch',
    ],
    [
      'need the URI of what is read',
      [{ uri: 'a:b' }, 'resources/read'],
      { 'mcp-method': 'resources/read' },
      'header_mismatch',
    ],
    [
      'agree with the URI of what is read',
      [{ uri: 'a:b' }, 'resources/read'],
      { 'mcp-method': 'resources/read', 'mcp-name': 'a:b' },
      'nothing',
    ],
    [
      'need no name where the method has none',
      [{ name: 'x' }, 'tools/list'],
      { 'mcp-method': 'tools/list' },
      'nothing',
    ],
    ['need none where the name is missing: that is for the params', [{}], { 'mcp-method': 'tools/call' }, 'nothing'],
  ];
  for (const [what, said, headers, code] of rows) {
    test(what, () =>
      assert.equal(
        codeThrown(() => checkHeaders(call(...said), headers)),
        code,
      ),
    );
  }
  test('an escaped name is compared as text', () => {
    const message = sentMessage('{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"\\u0061"}}');
    checkHeaders(message, { 'mcp-method': 'prompts/get', 'mcp-name': 'a' });
  });
});

describe('the envelope', () => {
  const read = (meta: object) => {
    const { bytes, params } = call({ name: 'x', _meta: meta });
    return readEnvelope(bytes, params?.meta ? membersOf(bytes, params.meta) : []);
  };
  const whole = { [`${META}clientCapabilities`]: { roots: {} } };

  const said = ({ capabilities, fingerprint, info, logLevel }: ClientFacts) => ({
    ...{ capabilities, fingerprint, info, logLevel },
  });

  test('says capabilities, name and log level', () => {
    const info = { name: 'c', version: '1' };
    assert.deepEqual(said(read({ ...whole, [`${META}clientInfo`]: info, [`${META}logLevel`]: 'error' })), {
      capabilities: '{"roots":{}}',
      fingerprint: '',
      info: JSON.stringify(info),
      logLevel: 'error',
    });
  });
  test('needs capabilities alone', () => {
    assert.deepEqual(said(read(whole)), {
      capabilities: '{"roots":{}}',
      fingerprint: '',
      info: undefined,
      logLevel: undefined,
    });
  });
  const refused: [string, object][] = [
    ['is incomplete without capabilities', { [`${META}clientInfo`]: {} }],
    ['is incomplete when capabilities are a list', { [`${META}clientCapabilities`]: [] }],
    ['is incomplete when capabilities are null', { [`${META}clientCapabilities`]: null }],
    ['is incomplete when the name of the client is text', { ...whole, [`${META}clientInfo`]: 'me' }],
  ];
  for (const [what, meta] of refused)
    test(what, () =>
      assert.equal(
        codeThrown(() => read(meta)),
        'meta_incomplete',
      ),
    );
});
