/*
 * Addresses that an API is told, in every form that has been tried to get inside.
 */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { madeSnapshot } from '../../../test/rig/made.ts';
import type { EgressRule } from '../../model/snapshot.ts';
import { TimerWheel } from '../timer-wheel.ts';
import { addressFault } from './addresses.ts';

const PUBLIC = '93.184.215.14';
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'good.test': [PUBLIC, '2606:4700::1111'],
  'inside.test': ['127.0.0.1'],
  'inside-six.test': ['::1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'good-and-bad.test': [PUBLIC, '10.0.0.1'],
};

const wheel = new TimerWheel(() => performance.now());
after(() => wheel.close());

function faultOf(address: string, egress: readonly EgressRule[] = [], behindProxy = false) {
  const proxyOf = () => (behindProxy ? { url: new URL('http://proxy.test:3128') } : undefined);
  const snapshot = () => ({ ...madeSnapshot([]), egress });
  const resolve = async (name: string) => {
    const found = NAMES[name];
    if (!found) throw new Error('ENOTFOUND');
    return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return addressFault({ snapshot, proxyOf, wheel, resolve }, address);
}

const REFUSED = [
  ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '0.0.0.0', '①②⑦.0.0.1', '[::1]', '[::]'],
  ...['[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]', '[2002:7f00:1::]', '169.254.169.254', '100.64.0.1', '198.18.0.1'],
  ...['10.0.0.1', '172.16.0.1', '192.168.0.1', '[fd00::1]', '[fe80::1]', '224.0.0.1', 'localhost', 'localhost.'],
  ...['LOCALHOST', 'inside.test', 'inside.test.', 'inside-six.test', 'mapped.test', 'good-and-bad.test', 'keycloak'],
].map((host) => `https://${host}/mcp`);

const OTHERWISE: readonly [address: string, rule: RegExp][] = [
  ['http://good.test/mcp', /must be https/],
  ['https://good.test:22/mcp', /port 443/],
  ['https://good.test:8443/mcp', /port 443/],
  [`https://${PUBLIC}@127.0.0.1/mcp`, /user name/],
  ['https://ann:word@good.test/mcp', /user name/],
  ['file:///etc/hostname', /only http and https/],
  ['ftp://good.test/', /only http and https/],
  ['gopher://good.test/', /only http and https/],
  ['data:application/json,{}', /only http and https/],
  ['unix:/var/run/docker.sock', /only http and https/],
  ['ws://good.test/', /only http and https/],
  ['//good.test/mcp', /only http and https/],
  ['', /only http and https/],
];

describe('an address that an API is told', () => {
  for (const address of REFUSED)
    test(`is refused as not public: ${address}`, async () => assert.match((await faultOf(address)) ?? '', /be public/));
  for (const [address, rule] of OTHERWISE)
    test(`is refused by its rule: ${address}`, async () => assert.match((await faultOf(address)) ?? '', rule));

  test('may be public https, or a name that nobody knows yet', async () => {
    for (const host of ['good.test', 'nobody.test', PUBLIC, '[2606:4700::1111]'])
      assert.equal(await faultOf(`https://${host}/mcp`), undefined, host);
  });

  test('may be what a rule of the file names, and nothing beside it', async () => {
    const rule = { host: '127.0.0.1', ports: [8080], http: true };
    assert.equal(await faultOf('http://127.0.0.1:8080/mcp', [rule]), undefined);
    for (const other of ['http://127.0.0.1:8081/mcp', 'http://127.0.0.2:8080/mcp'])
      assert.notEqual(await faultOf(other, [rule]), undefined, other);
  });

  test('is refused with the same words whatever its host', async () => {
    const say = async (host: string) => (await faultOf(`https://${host}/mcp`))?.replace(host, 'host');
    assert.equal(await say('10.0.0.1'), await say('127.0.0.1'));
  });

  test('behind a proxy has to be named by the file, for nobody here sees what it resolves to', async () => {
    assert.match((await faultOf('https://good.test/mcp', [], true)) ?? '', /behind a proxy/);
    assert.equal(
      await faultOf('https://good.test/mcp', [{ host: 'good.test', ports: undefined, http: false }], true),
      undefined,
    );
  });
});
