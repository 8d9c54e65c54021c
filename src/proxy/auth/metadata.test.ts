import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { madeEndpoint, madeServer, madeSnapshot } from '../../../test/rig/made.ts';
import { madeIdentity, madeIssuer } from '../../../test/rig/made-identity.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { resourceMetadata } from './metadata.ts';

const LISTENER = 'http://127.0.0.1:9000';
const issuers = [madeIssuer('https://id.example'), madeIssuer('secrets', { announced: false })];

function metadataOf(change: Partial<Snapshot> = {}) {
  const snapshot = madeSnapshot([madeServer('files')], { identity: madeIdentity({ issuers }), ...change });
  const metadata = resourceMetadata(
    () => snapshot,
    () => LISTENER,
  );
  const documentOf = (endpoint: string) => {
    const document = metadata.documentOf(endpoint);
    return document && JSON.parse(document.toString());
  };
  return { urlOf: metadata.urlOf, documentOf };
}

describe('the metadata of an endpoint', () => {
  test('names its URL and the issuers that clients can go to', () =>
    assert.deepEqual(metadataOf().documentOf('files'), {
      resource: `${LISTENER}/mcp/files`,
      authorization_servers: ['https://id.example'],
      bearer_methods_supported: ['header'],
      resource_name: 'files',
    }));
  test('of the default one names it', () => assert.equal(metadataOf().documentOf('').resource, `${LISTENER}/mcp`));
  test('names the scopes that it offers, and its title', () => {
    const endpoint = madeEndpoint('files', { scopesSupported: ['read', 'write'], title: 'Our files' });
    const { scopes_supported, resource_name } = metadataOf({ endpoints: new Map([['files', endpoint]]) }).documentOf(
      'files',
    );
    assert.deepEqual([scopes_supported, resource_name], [['read', 'write'], 'Our files']);
  });
  test('is there only for one that there is', () => assert.equal(metadataOf().documentOf('none'), undefined));
  test('is there only where there is an issuer to go to', () => {
    const { urlOf, documentOf } = metadataOf({ identity: madeIdentity({ issuers: issuers.slice(1) }) });
    assert.deepEqual([urlOf('files'), documentOf('files')], [undefined, undefined]);
  });
  test('is found by an address that says nothing of whether there is one', () =>
    assert.equal(metadataOf().urlOf('none'), `${LISTENER}/.well-known/oauth-protected-resource/mcp/none`));
  test('is found below the path of the public URL, where a proxy passes it on', () => {
    const { urlOf, documentOf } = metadataOf({ publicUrl: 'https://gw.example/mcp-gate/' });
    assert.equal(urlOf(''), 'https://gw.example/mcp-gate/.well-known/oauth-protected-resource/mcp');
    assert.equal(documentOf('files').resource, 'https://gw.example/mcp-gate/mcp/files');
  });
});
