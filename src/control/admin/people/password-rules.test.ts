/*
 * Which passwords are taken, as sentences.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PASSWORD_BYTES_MAX, PASSWORD_LENGTH_MIN, passwordFault } from './password-rules.ts';
import { oneTimePassword } from './passwords.ts';

const REFUSED: readonly (readonly [string, string, string, RegExp])[] = [
  ['eleven characters', 'k4#vQ9z!mTb', 'ann', /at least 12/],
  ['one byte more than is taken', mixed(PASSWORD_BYTES_MAX + 1), 'ann', /at most 128/],
  ['letters of several bytes are counted as bytes', 'é'.repeat(40) + mixed(60), 'ann', /at most 128/],
  ['the user name twice', 'marianne-marianne', 'marianne', /user name/],
  ['the user name with a year', 'Marianne2026!', 'marianne', /user name/],
  ['what is before the @ of the user name', 'marianne.b-12', 'marianne.b@example.com', /user name/],
  ['one of those that everybody tries', 'Password12345', 'ann', /tried first/],
  ['the same with digits for letters', 'P4ssw0rd!2026', 'ann', /tried first/],
  ['a row of the keyboard', 'qwertyuiop[]1', 'ann', /tried first/],
  ['a run of digits', '123456789012', 'ann', /tried first/],
  ['a run of letters', 'abcdefghijklm', 'ann', /tried first/],
  ['one letter', 'a'.repeat(40), 'ann', /tried first/],
  ['two common words', 'admin-password', 'ann', /tried first/],
];

for (const [what, password, username, say] of REFUSED) {
  test(`refused: ${what}`, () => assert.match(passwordFault(password, username) ?? 'taken', say));
}

const TAKEN: readonly (readonly [string, string, string])[] = [
  ['twelve characters', 'k4#vQ9z!mTb7', 'ann'],
  ['as many bytes as there may be', mixed(PASSWORD_BYTES_MAX), 'ann'],
  ['four words', 'kettle orbit walnut ferry', 'ann'],
  ['a common word among others', 'the dragon sells nine kettles', 'ann'],
  ['a short user name may be in it', 'al gathers wet leaves', 'al'],
  ['letters of any alphabet', 'чайник орбита орех', 'ann'],
  ['one that the gateway makes', oneTimePassword(), 'ann'],
];

for (const [what, password, username] of TAKEN) {
  test(`taken: ${what}`, () => assert.equal(passwordFault(password, username), undefined));
}

test('no fault repeats the password', () => {
  for (const [, password, username] of REFUSED)
    assert.ok(!passwordFault(password, username)?.includes(password.slice(0, 8)));
});

test('there is room between what is too short and what is too long', () => {
  assert.ok(PASSWORD_LENGTH_MIN < PASSWORD_BYTES_MAX / 4);
});

function mixed(length: number): string {
  return Array.from({ length }, (_, at) => 'k4#vQ9z!mTb7xW'[(at * 5) % 14]).join('');
}
