import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import type { IdentityDefinition } from '../../src/model/identity.ts';
import { shownIn } from '../ground/shown.ts';

const SECRETS = {
  ACCOUNTING_TOKEN: 'a-token-of-accounting-that-is-long-enough',
  LAPTOP_TOKEN: 'a-token-of-a-laptop-that-is-long-enough',
  OPENMCP_JWT_KEY: 'a-secret-of-a-console-that-is-long-enough',
  MCP_PROXY_JWT_SECRET: 'a-secret-of-a-script-that-is-long-enough',
};

const page = readFileSync(new URL('../../docs/guides/credentials.md', import.meta.url), 'utf8');
const shown = shownIn(page, 'yaml');

function taken(text: string | undefined): IdentityDefinition {
  const loaded = parseConfig(text ?? '', 'gatewright.yaml', SECRETS);
  assert.ok(loaded.ok, JSON.stringify(loaded));
  assert.deepEqual(loaded.warnings, []);
  return loaded.config.identity;
}

test('the configurations that the page about tokens and keys shows are taken as they stand', () => {
  assert.equal(shown.length, 2);
  const { ownTokens, openServers } = taken(shown[0]);
  assert.deepEqual([[...ownTokens.keys()], openServers], [['billing'], ['weather']]);
});

test('one of them is for tokens that lack claims', () => {
  const issuers = taken(shown[1]).issuers.map(({ keys, claims }) => [
    keys.kind === 'secrets' ? keys.mayLack : keys.kind,
    claims.subject,
  ]);
  assert.deepEqual(issuers, [
    [['iss', 'aud'], ['userId']],
    [['aud'], ['user_id']],
  ]);
});
