import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError } from '../../model/errors.ts';
import { reasonOf } from './reason.ts';

describe('the reason for a server that is not there', () => {
  const spawnError = Object.assign(new Error('spawn x ENOENT'), { code: 'ENOENT', spawnargs: ['--token', 's3cret'] });
  const rows: [string, Record<string, unknown>, string][] = [
    ['says what happened', { why: 'It ended.' }, '(It ended.)'],
    [
      'says what the server answered',
      { error: { code: -32000, message: 'no' } },
      '(error {"code":-32000,"message":"no"})',
    ],
    ['has nothing of an error object but its code, for others may hold secrets', { error: spawnError }, '(ENOENT)'],
  ];
  for (const [what, internal, words] of rows)
    it(what, () => assert.equal(reasonOf(new GatewayError('upstream_down', { internal }), ''), `${SAY} ${words}`));
});

const SAY = new GatewayError('upstream_down').message;
