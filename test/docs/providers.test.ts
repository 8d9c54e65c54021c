/*
 * The configurations on the pages about providers are taken as they stand, and mean what the pages say.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.ts';
import type { IssuerDefinition } from '../../src/model/identity.ts';
import { claimReader } from '../../src/proxy/auth/oauth/claims.ts';
import { shownIn } from '../ground/shown.ts';

const FOLDER = new URL('../../docs/guides/providers/', import.meta.url);
const ENV = {
  AUTH0_DOMAIN: 'company.eu.auth0.com',
  ENTRA_API_CLIENT_ID: '11111111-2222-3333-4444-555555555555',
  ENTRA_TENANT_ID: '66666666-7777-8888-9999-000000000000',
  INTROSPECTION_SECRET: 'kw93jdhfytw83hdmsndhekw',
  KEYCLOAK_HOST: 'keycloak.example.com',
  OKTA_DOMAIN: 'company.okta.com',
};

const WANTED: Readonly<Record<string, Partial<IssuerDefinition>[]>> = {
  'auth0.md': [{ issuer: 'https://company.eu.auth0.com/', audiences: [] }],
  'entra.md': [
    {
      issuer: `https://login.microsoftonline.com/${ENV.ENTRA_TENANT_ID}/v2.0`,
      audiences: [ENV.ENTRA_API_CLIENT_ID],
    },
  ],
  'generic-oidc.md': [{ issuer: 'https://id.example.com' }, { issuer: 'https://id.example.com' }],
  'keycloak.md': [{ issuer: 'https://keycloak.example.com/realms/company', audiences: [] }],
  'okta.md': [{ issuer: 'https://company.okta.com/oauth2/default', audiences: ['api://default'] }],
};

const PATHS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'auth0.md': [['https://gateway.example.com/roles']],
  'entra.md': [['roles']],
  'keycloak.md': [
    ['realm_access', 'roles'],
    ['resource_access', 'gateway.example.com', 'roles'],
  ],
};

test('every page about a provider is looked at', () => {
  assert.deepEqual(readdirSync(FOLDER).sort(), Object.keys(WANTED));
});

for (const [page, wanted] of Object.entries(WANTED)) {
  test(`${page}: its configurations are taken without a warning`, () => {
    const shown = shownIn(readFileSync(new URL(page, FOLDER), 'utf8'), 'yaml');
    assert.equal(shown.length, wanted.length);
    shown.forEach((text, at) => {
      const loaded = parseConfig(text, 'gatewright.yaml', ENV);
      assert.ok(loaded.ok, JSON.stringify(loaded));
      assert.deepEqual(loaded.warnings, []);
      const [issuer] = loaded.config.identity.issuers;
      assert.ok(issuer);
      assert.deepEqual({ ...issuer, ...wanted[at] }, issuer);
      assert.deepEqual([issuer.keys.kind, issuer.grants], ['discovery', 'none']);
      if (PATHS[page]) assert.deepEqual(issuer.claims.roles, PATHS[page]);
    });
  });
}

test('entra.md: an ID token of the same registration is none for access', () => {
  const [text = ''] = shownIn(readFileSync(new URL('entra.md', FOLDER), 'utf8'), 'yaml');
  const loaded = parseConfig(text, 'gatewright.yaml', ENV);
  const [issuer] = loaded.ok ? loaded.config.identity.issuers : [];
  assert.ok(issuer);
  const idToken = { ver: '2.0', sub: 's', oid: 'o', name: 'Ann', roles: ['Tracker.Reader'] };
  const read = claimReader(issuer.claims);
  assert.equal(read(idToken), undefined);
  assert.deepEqual(read({ ...idToken, azp: 'a client' })?.roles, ['Tracker.Reader']);
});
