import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { configSource, serveSettings } from './config-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-source-'));
after(() => rmSync(folder, { recursive: true }));
const own = join(folder, 'gatewright', 'gatewright.yaml');
const NOTHING = new Map<string, string>();

test('the option wins over the environment', () => {
  assert.deepEqual(configSource(new Map([['config', 'a']]), { GATEWRIGHT_CONFIG: 'b' }), { path: 'a' });
  assert.deepEqual(configSource(NOTHING, { GATEWRIGHT_CONFIG: 'b' }), { path: 'b' });
});

test('without a word it is the person’s own file, when there is one', () => {
  assert.deepEqual(configSource(NOTHING, { XDG_CONFIG_HOME: folder, GATEWRIGHT_CONFIG: '' }), { missing: own });
  mkdirSync(join(folder, 'gatewright'));
  writeFileSync(own, '');
  assert.deepEqual(configSource(NOTHING, { XDG_CONFIG_HOME: folder }), { path: own });
});

test('a relative configuration folder is ignored, as its specification says', () => {
  const home = join(folder, 'home');
  assert.deepEqual(configSource(NOTHING, { XDG_CONFIG_HOME: '.', HOME: home }), {
    missing: join(home, '.config', 'gatewright', 'gatewright.yaml'),
  });
});

test('host, port and log level come from options, then from the environment', () => {
  const env = { GATEWRIGHT_HOST: '::1', GATEWRIGHT_PORT: '1', GATEWRIGHT_LOG_LEVEL: 'debug' };
  assert.deepEqual(serveSettings(NOTHING, env), {
    ok: true,
    logLevel: 'debug',
    overrides: { host: { value: '::1', from: 'GATEWRIGHT_HOST' }, port: { value: 1, from: 'GATEWRIGHT_PORT' } },
  });
  const settings = serveSettings(new Map([['port', '0']]), env);
  assert.deepEqual(settings.ok && settings.overrides.port, { value: 0, from: '--port' });
  assert.deepEqual(serveSettings(NOTHING, {}), { ok: true, logLevel: 'warn', overrides: {} });
});

const mistakes: { name: string; option: string; value: string; say: RegExp }[] = [
  { name: 'a port beyond all ports', option: 'port', value: '65536', say: /^--port must be a number from 0 to 65535/ },
  { name: 'a port with a sign', option: 'port', value: '-1', say: /^--port must be/ },
  { name: 'a port in words', option: 'port', value: 'http', say: /^--port must be/ },
  { name: 'an unknown log level', option: 'log-level', value: 'loud', say: /^--log-level must be one of debug, info/ },
];

for (const { name, option, value, say } of mistakes) {
  test(`refused: ${name}`, () => {
    const settings = serveSettings(new Map([[option, value]]), {});
    assert.ok(!settings.ok);
    assert.match(settings.say, say);
  });
}
