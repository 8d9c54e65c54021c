import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { LOCAL_USER } from '../../model/principal.ts';
import { createVerifier } from './verify.ts';

const tokenOf = (name: string, secret: string) => ({
  ...{ name, organisation: 'default', user: undefined, roles: [], grants: 'all' as const, reach: undefined },
  sha256: createHash('sha256').update(secret).digest('hex'),
});
const verify = createVerifier([tokenOf('ann', 'a-1'), tokenOf('bob', 'b~2/+='), tokenOf('eve', 'e'.repeat(8185))]);

function verdict(authorization: string | undefined): string {
  const said = verify(authorization);
  return 'refused' in said ? said.refused.code : `${said.principal.kind} ${said.principal.id}`;
}

describe('a credential', () => {
  const rows: [string, string | undefined, string][] = [
    ['names its principal', 'Bearer a-1', 'token token:ann'],
    ['names it wherever its token stands in the list', 'Bearer b~2/+=', 'token token:bob'],
    ['may write the scheme in any case', 'bEARER a-1', 'token token:ann'],
    ['may be as long as the bound', `Bearer ${'e'.repeat(8185)}`, 'token token:eve'],
    ['may not be one longer', `Bearer ${'e'.repeat(8186)}`, 'token_invalid'],
    ['that is missing is asked for', undefined, 'token_missing'],
    ['that is empty is wrong', '', 'token_invalid'],
    ['without a token is wrong', 'Bearer ', 'token_invalid'],
    ['with another token is wrong', 'Bearer a-2', 'token_invalid'],
    ['with a part of a token is wrong', 'Bearer a-', 'token_invalid'],
    ['with a blank too much is wrong', 'Bearer  a-1', 'token_invalid'],
    ['with a blank after it is wrong', 'Bearer a-1 ', 'token_invalid'],
    ['of another scheme is wrong', 'Basic a-1', 'token_invalid'],
    ['with two tokens is wrong', 'Bearer a-1, Bearer b-2', 'token_invalid'],
    ['that is the hash itself is wrong', `Bearer ${tokenOf('', 'a-1').sha256}`, 'token_invalid'],
  ];
  for (const [what, authorization, expected] of rows) test(what, () => assert.equal(verdict(authorization), expected));
});

test('no other text is ever a credential', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((text) => `Bearer ${text}`),
      ),
      (text) => {
        assert.equal(verdict(text), 'token_invalid');
      },
    ),
  );
});

test('without configured tokens everybody is the local user, whatever is presented', () => {
  const open = createVerifier([]);
  for (const authorization of [undefined, '', 'Bearer x'])
    assert.deepEqual(open(authorization), { principal: LOCAL_USER });
});
