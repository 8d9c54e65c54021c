import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { shownIn } from '../ground/shown.ts';

const SECRETS = {
  ACCOUNTING_TOKEN: 'a-token-of-accounting-that-is-long-enough',
  LAPTOP_TOKEN: 'a-token-of-a-laptop-that-is-long-enough',
};

test('the configuration that the page about tokens and keys shows is taken as it stands', () => {
  const page = readFileSync(new URL('../../docs/guides/credentials.md', import.meta.url), 'utf8');
  const shown = shownIn(page, 'yaml');
  assert.equal(shown.length, 1);
  for (const text of shown) {
    const loaded = parseConfig(text, 'gatewright.yaml', SECRETS);
    assert.ok(loaded.ok, JSON.stringify(loaded));
    assert.deepEqual(loaded.warnings, []);
    const { ownTokens, openServers } = loaded.config.identity;
    assert.deepEqual([[...ownTokens.keys()], openServers], [['billing'], ['weather']]);
  }
});
