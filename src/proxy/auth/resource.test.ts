import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { baseUrl, resourceUrl } from './resource.ts';

const LISTENER = 'http://127.0.0.1:9000';

describe('the resource URL of an endpoint', () => {
  const rows: [string, string | undefined, string, string][] = [
    ['stands on the listener where nothing else was said', undefined, '', 'http://127.0.0.1:9000/mcp'],
    ['names the endpoint', undefined, 'files', 'http://127.0.0.1:9000/mcp/files'],
    ['stands on the public URL', 'https://gw.example', 'files', 'https://gw.example/mcp/files'],
    ['stands below its path', 'https://gw.example/tools', '', 'https://gw.example/tools/mcp'],
    ['has no slash too many', 'https://gw.example/tools//', 'a', 'https://gw.example/tools/mcp/a'],
    ['has one spelling', 'https://GW.Example:443/', '', 'https://gw.example/mcp'],
    ['keeps a port that is not the usual one', 'https://gw.example:8443', '', 'https://gw.example:8443/mcp'],
  ];
  for (const [what, publicUrl, endpoint, url] of rows)
    test(what, () => assert.equal(resourceUrl(baseUrl(publicUrl, LISTENER), endpoint), url));
});
