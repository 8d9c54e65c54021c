/*
 * Where the control plane keeps things and listens, as the file says it.
 */
import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { test } from 'node:test';
import { parseConfig } from './load.ts';

function loaded(text: string) {
  return parseConfig(`servers: {}\n${text}`, '/etc/gatewright/g.yaml', { DB: 'postgres://me:s3cr%21et@db/gw' });
}

function control(text: string) {
  const result = loaded(text);
  assert.ok(result.ok, JSON.stringify(result));
  return result.config.control;
}

const AUTH = 'auth: {required: true}';
const rows: [says: string, text: string, field: keyof ReturnType<typeof control>, value: unknown][] = [
  ['without a word it is SQLite', '', 'databaseUrl', undefined],
  ['a database comes from the environment', `storage: {url: "\${DB}"}`, 'databaseUrl', 'postgres://me:s3cr%21et@db/gw'],
  ['a key file stands beside the file', 'secrets: {keyFile: k}', 'encryptionKeyFile', '/etc/gatewright/k'],
  ['or at home', 'secrets: {keyFile: ~/k}', 'encryptionKeyFile', `${homedir()}/k`],
  ['the API is served', '', 'isServed', true],
  ['unless it is not wanted', 'admin: {enabled: false}', 'isServed', false],
  ['on loopback it stands on the listener of the gateway', 'listen: {host: "::1"}', 'listen', undefined],
  [
    'where others come in it stands on one of its own, on loopback',
    `listen: {host: 0.0.0.0}\n${AUTH}`,
    'listen',
    { host: '127.0.0.1', port: 9001, tls: undefined },
  ],
  [
    'or where the file says',
    'admin: {listen: {port: 7, tls: {certFile: c, keyFile: k}}}',
    'listen',
    { host: '127.0.0.1', port: 7, tls: { certFile: '/etc/gatewright/c', keyFile: '/etc/gatewright/k' } },
  ],
];
for (const [says, text, field, value] of rows) {
  test(says, () => assert.deepEqual(control(text)[field], value));
}

test('a gateway that asks everybody may listen for everybody, without a credential in the file', () => {
  const result = loaded(`listen: {host: 0.0.0.0}\n${AUTH}`);
  assert.ok(result.ok && result.config.identity.required);
  assert.equal(loaded('listen: {host: 0.0.0.0}').ok, false);
});

test('passwords in clear over a network are warned of', () => {
  const says = (text: string) => loaded(text).warnings.map(({ say }) => say);
  assert.match(says('admin: {listen: {host: 0.0.0.0}}').join(), /in clear/);
  assert.doesNotMatch(says('admin: {listen: {port: 9002}}').join(), /in clear/);
});

test('a fault does not repeat the password of the database', () => {
  const result = loaded(`storage: {url: "\${DB}"}\npublicUrl: "s3cr!et"\nallowedHosts: ["s3cr%21et"]`);
  assert.equal(result.ok, false);
  assert.doesNotMatch(JSON.stringify(result), /s3cr/);
});

test('another database is refused with the way out', () => {
  const result = loaded('storage: {url: "mysql://a:hunter2@b/c"}');
  assert.ok(!result.ok);
  assert.deepEqual(
    result.problems.map(({ field, say, suggestion }) => [field, say, suggestion]),
    [
      [
        'storage.url',
        'Must be the URL of a Postgres database.',
        'Write postgres://user:password@host/name, or leave it out for SQLite.',
      ],
    ],
  );
});
