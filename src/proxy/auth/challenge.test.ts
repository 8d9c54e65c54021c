import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ErrorCode, GatewayError } from '../../model/errors.ts';
import { challengeFields } from './challenge.ts';

const WHERE = 'https://gw.example/.well-known/oauth-protected-resource/mcp';

describe('a challenge', () => {
  const rows: [string, ErrorCode, readonly string[], string | undefined, string | undefined][] = [
    ['is plain where nobody gives tokens', 'token_missing', [], undefined, 'Bearer'],
    ['says where to begin', 'token_missing', [], WHERE, `Bearer resource_metadata="${WHERE}"`],
    ['says that a token was refused', 'token_invalid', [], undefined, 'Bearer error="invalid_token"'],
    ['says both', 'token_invalid', [], WHERE, `Bearer error="invalid_token", resource_metadata="${WHERE}"`],
    ['names scopes', 'insufficient_scope', ['a', 'b'], undefined, 'Bearer error="insufficient_scope", scope="a b"'],
    [
      'names no scope that would end the field',
      'insufficient_scope',
      ['a"', 'b\r\nx: y', 'c'],
      undefined,
      'Bearer error="insufficient_scope", scope="c"',
    ],
    ['is not made of other errors', 'endpoint_unknown', [], WHERE, undefined],
    ['is not made of a Host that is refused', 'host_refused', [], WHERE, undefined],
  ];
  for (const [what, code, scopes, where, expected] of rows) {
    test(what, () => {
      const fields = challengeFields(new GatewayError(code, { scopes }), where);
      assert.deepEqual(fields, expected === undefined ? [] : ['www-authenticate', expected]);
    });
  }
});
