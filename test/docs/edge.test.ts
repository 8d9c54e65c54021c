import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import { shownIn } from '../ground/shown.ts';

test('every configuration that the page about the edge shows is taken as it stands', () => {
  const page = readFileSync(new URL('../../docs/guides/edge.md', import.meta.url), 'utf8');
  const shown = shownIn(page, 'yaml');
  assert.equal(shown.length, 2);
  for (const text of shown) {
    const loaded = parseConfig(text, 'gatewright.yaml', { LAPTOP_TOKEN: 'a-token-of-a-laptop-that-is-long-enough' });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    assert.deepEqual(loaded.warnings, []);
  }
});
