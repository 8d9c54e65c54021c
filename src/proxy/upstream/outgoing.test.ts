import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { madeCall, targetOf } from '../../../test/rig/made.ts';
import type { MeteredCall } from '../../model/call.ts';
import type { Revision } from '../../model/revision.ts';
import { codecOf } from '../../wire/codecs.ts';
import { outgoing } from './outgoing.ts';

interface Case {
  readonly client?: Revision;
  readonly server?: Revision;
  readonly target?: MeteredCall['target'];
  readonly serverHeaders?: readonly string[];
  readonly endpointDefinition?: MeteredCall['endpointDefinition'];
}

function sent(text: string, given: Case = {}) {
  const { client = '2025-11-25', server = client, target, serverHeaders = [], ...rest } = given;
  const call = madeCall(`{"jsonrpc":"2.0","id":"c",${text}}`, { revision: client, target, ...rest });
  const { bytes, headers, progressToken } = outgoing({ ...call, serverHeaders }, 12, codecOf(server));
  return { text: bytes.toString(), headers, progressToken };
}
const around = (text: string) => `{"jsonrpc":"2.0","id":12,${text}}`;

const AGGREGATE = {
  name: '',
  naming: 'prefixed',
  separator: '__',
  organisation: 'default',
  scopesSupported: [],
  servers: ['srv'],
} as const;

describe('a request goes out', () => {
  const rows: [string, string, Case, string][] = [
    [
      'with our id and nothing else changed',
      '"method":"tools/call", "params":{"name":"read","arguments":{"n":1.0}}',
      { target: targetOf('tools', 'read') },
      '"method":"tools/call", "params":{"name":"read","arguments":{"n":1.0}}',
    ],
    [
      'with the server’s own name',
      '"method":"tools/call","params":{"arguments":{"name":"srv__read"},"name":"srv__read"}',
      { endpointDefinition: AGGREGATE, target: targetOf('tools', 'read') },
      '"method":"tools/call","params":{"arguments":{"name":"srv__read"},"name":"read"}',
    ],
    [
      'with the client’s spelling of the same name',
      '"method":"prompts/get","params":{"name":"r\\u0065ad"}',
      { target: targetOf('prompts', 'read') },
      '"method":"prompts/get","params":{"name":"r\\u0065ad"}',
    ],
    [
      'with a name that must be escaped',
      '"method":"tools/call","params":{"name":"x"}',
      { endpointDefinition: AGGREGATE, target: targetOf('tools', 'a"b\n') },
      '"method":"tools/call","params":{"name":"a\\"b\\n"}',
    ],
    [
      'with the server’s own URI',
      '"method":"resources/read","params":{"uri":"srv+a:b"}',
      { endpointDefinition: AGGREGATE, target: targetOf('resources', 'a:b') },
      '"method":"resources/read","params":{"uri":"a:b"}',
    ],
    [
      'with the server’s own name of what is completed',
      '"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"srv__p"},"argument":{"name":"srv__p","value":""}}',
      { endpointDefinition: AGGREGATE, target: targetOf('prompts', 'p') },
      '"method":"completion/complete","params":{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"srv__p","value":""}}',
    ],
    [
      'with the server’s own URIs in what its client’s model said',
      '"method":"tools/call","params":{"inputResponses":{"k":{"role":"user","content":{"type":"resource_link","uri":"srv+a:b"}}},"arguments":{"uri":"srv+a:b"},"name":"x"}',
      { endpointDefinition: AGGREGATE, target: targetOf('tools', 'x') },
      '"method":"tools/call","params":{"inputResponses":{"k":{"role":"user","content":{"type":"resource_link","uri":"a:b"}}},"arguments":{"uri":"srv+a:b"},"name":"x"}',
    ],
    [
      'with our progress token',
      '"method":"tools/call","params":{"_meta":{"progressToken":"t","x":1},"name":"read"}',
      { target: targetOf('tools', 'read') },
      '"method":"tools/call","params":{"_meta":{"progressToken":12,"x":1},"name":"read"}',
    ],
  ];
  for (const [what, text, change, expected] of rows)
    test(what, () => assert.equal(sent(text, change).text, around(expected)));

  test('and the client’s own token is kept, as it wrote it', () => {
    const withToken = (token: string) =>
      sent(`"method":"ping","params":{"_meta":{"progressToken":${token}}}`).progressToken;
    assert.deepEqual(['"t\\u0041"', '5', '""', '0'].map(withToken), ['"t\\u0041"', '5', '""', '0']);
    assert.equal(sent('"method":"ping"').progressToken, undefined);
    assert.equal(sent('"method":"ping","params":{"_meta":[5]}').progressToken, undefined);
  });
});

describe('a request that crosses the eras', () => {
  test('says to a newer server who asks, beside its own changes', () => {
    const text = '"method":"tools/call","params":{"_meta":{"progressToken":"t"},"name":"srv__read"}';
    const {
      text: out,
      headers,
      progressToken,
    } = sent(text, {
      server: '2026-07-28',
      endpointDefinition: AGGREGATE,
      target: targetOf('tools', 'read'),
      serverHeaders: ['mcp-param-a', 'x'],
    });
    const { id, params } = JSON.parse(out);
    assert.deepEqual([id, params.name, params._meta.progressToken, progressToken], [12, 'read', 12, '"t"']);
    assert.equal(params._meta['io.modelcontextprotocol/protocolVersion'], '2026-07-28');
    assert.deepEqual(headers, [
      'mcp-protocol-version',
      '2026-07-28',
      'mcp-method',
      'tools/call',
      'mcp-name',
      'read',
      'mcp-param-a',
      'x',
    ]);
  });
  test('says nothing of that to an older server', () => {
    const meta = '"io.modelcontextprotocol/protocolVersion":"2026-07-28","progressToken":5';
    const { text, headers } = sent(`"method":"tools/list","params":{"_meta":{${meta}}}`, {
      client: '2026-07-28',
      server: '2025-11-25',
    });
    assert.equal(text, around('"method":"tools/list","params":{"_meta":{"progressToken":12}}'));
    assert.deepEqual(headers, []);
  });
  for (const meta of ['null', '[]', '5', '"x"']) {
    test(`stays a message although its \`_meta\` is ${meta}`, () => {
      const { text } = sent(`"method":"tools/list","params":{"_meta":${meta}}`, { server: '2026-07-28' });
      assert.equal(JSON.parse(text).params._meta['io.modelcontextprotocol/protocolVersion'], '2026-07-28');
    });
  }
});
