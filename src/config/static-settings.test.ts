import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './load.ts';
import { needsRestart } from './static-settings.ts';

function configOf(text: string) {
  const loaded = parseConfig(`servers: {}\n${text}`, 'g.yaml', {});
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.config;
}

const started = configOf('listen: {port: 9000}');
const rows: [what: string, text: string, fields: string[]][] = [
  ['nothing', 'listen: {port: 9000}', []],
  ['the address', 'listen: {host: "::1", port: 9001}', ['listen.host', 'listen.port']],
  [
    'where things are kept and managed',
    'storage: {url: "postgres://h/d"}\nsecrets: {keyFile: k}\nadmin: {enabled: false, listen: {port: 9002}}',
    ['storage.url', 'secrets.keyFile', 'admin.enabled', 'admin.listen'],
  ],
  ['the certificate', 'listen: {tls: {certFile: a, keyFile: b}}', ['listen.tls']],
  ['what the listener was given', 'limits: {headTimeoutMs: 100, bodyBytesMax: 2048}', ['limits.headTimeoutMs']],
  ['what the store was opened with', 'limits: {storeAnswerMs: 200}', ['limits.storeAnswerMs']],
];
for (const [what, text, fields] of rows) {
  test(`a change of ${what} holds ${fields.length > 0 ? 'from the next start on' : 'at once'}`, () => {
    assert.deepEqual(needsRestart(started, configOf(text)), fields);
  });
}
