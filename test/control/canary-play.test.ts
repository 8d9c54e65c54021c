/*
 * The search for secrets finds them, in every form: a test that finds nothing must not be one that cannot.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Canaries } from './canary-play.ts';

const FORMS: readonly (readonly [string, (secret: string) => string])[] = [
  ['as it is', (secret) => `{"a":"${secret}"}`],
  ['in hexadecimal', (secret) => Buffer.from(secret).toString('hex')],
  ['in base64', (secret) => Buffer.from(secret).toString('base64')],
  ['in base64, one letter further', (secret) => Buffer.from(`x${secret}`).toString('base64')],
  ['in base64, two letters further', (secret) => Buffer.from(`user:${secret}`).toString('base64')],
  ['in a URL', (secret) => `https://a/?b=${encodeURIComponent(secret)}`],
];
for (const [how, written] of FORMS) {
  test(`a secret is found ${how}`, () => {
    const canaries = new Canaries();
    const secret = canaries.add('one', `${canaries.make('other')}+/=`);
    canaries.look('here', `before ${written(secret)} after`);
    assert.ok(canaries.leaks.some(({ canary, where }) => canary === 'one' && where === 'here'));
    const other = new Canaries();
    other.make('third');
    other.look('here', written(secret));
    assert.deepEqual(other.leaks, []);
  });
}
