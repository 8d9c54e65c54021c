import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeThrown, freshCall } from '../../../test/rig/made.ts';
import { LOCAL_REQUEST } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { NOBODY } from '../../model/principal.ts';
import { authenticate } from './authenticate.ts';

test('a call goes in as the principal of its credential', async () => {
  const ann = { ...NOBODY, id: 'token:ann', kind: 'token' } as const;
  const handler = authenticate()(async (call) => ({ status: 200, body: undefined, headers: [call.principal.id] }));
  const reply = await handler(
    freshCall({ id: 1, method: 'ping' }, { verdict: { principal: ann, request: LOCAL_REQUEST } }),
  );
  assert.deepEqual(reply.headers, ['token:ann']);
});

test('a call whose credential was refused goes no further', () => {
  const handler = authenticate()(() => assert.fail('went in'));
  const call = freshCall({ id: 1, method: 'ping' }, { verdict: { refused: new GatewayError('token_invalid') } });
  assert.equal(
    codeThrown(() => handler(call)),
    'token_invalid',
  );
});
