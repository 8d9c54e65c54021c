import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proxiesIn } from './proxies.ts';

const BOTH = { HTTPS_PROXY: 'http://secure.test:3128', HTTP_PROXY: 'http://plain.test:3128' };

/** With half an encoding in its password. */
const OFF = 'http://u:50%off@p.test';

/** The host of the proxy, `unusable`, or `directly`. */
function way(variables: Readonly<Record<string, string>>, address: string): string {
  const proxy = proxiesIn(variables)(new URL(address));
  if (!proxy) return 'directly';
  return 'url' in proxy ? proxy.url.host : 'unusable';
}

const ROWS: readonly [string, Readonly<Record<string, string>>, string, string][] = [
  ['without variables everything is reached directly', {}, 'https://a.test', 'directly'],
  ['https has one proxy', BOTH, 'https://a.test', 'secure.test:3128'],
  ['http has another', BOTH, 'http://a.test', 'plain.test:3128'],
  ['a proxy for https is none for http', { HTTPS_PROXY: 'http://p.test' }, 'http://a.test', 'directly'],
  ['lower case counts', { https_proxy: 'http://p.test' }, 'https://a.test', 'p.test'],
  ['lower case wins', { https_proxy: 'http://p.test', HTTPS_PROXY: 'http://q.test' }, 'https://a.test', 'p.test'],
  ['an empty variable is none', { HTTPS_PROXY: '' }, 'https://a.test', 'directly'],
  ['an empty one in lower case wins, too', { https_proxy: '', ...BOTH }, 'https://a.test', 'directly'],
  ['a proxy without a scheme is an http one', { HTTPS_PROXY: 'p.test:8080' }, 'https://a.test', 'p.test:8080'],
  ['a SOCKS proxy is not passed over', { HTTPS_PROXY: 'socks5://p.test' }, 'https://a.test', 'unusable'],
  ['what is no address is not passed over', { HTTPS_PROXY: 'http://' }, 'https://a.test', 'unusable'],
  ['a password that cannot be decoded is not passed over', { HTTPS_PROXY: OFF }, 'https://a.test', 'unusable'],
  ['nor is it where requests go to the proxy itself', { HTTP_PROXY: OFF }, 'http://a.test', 'unusable'],
  ['a password that is encoded is good', { HTTP_PROXY: 'http://u:50%25@p.test' }, 'http://a.test', 'p.test'],
  ['localhost is never reached through a proxy', BOTH, 'http://localhost:8080', 'directly'],
  ['nor are names below it', BOTH, 'http://a.localhost', 'directly'],
  ['nor is the loopback address', BOTH, 'http://127.0.0.1:8080', 'directly'],
  ['nor that of IPv6', BOTH, 'https://[::1]', 'directly'],
  ['a private address is', BOTH, 'http://10.0.0.1', 'plain.test:3128'],
  ['a name is an exception', { ...BOTH, NO_PROXY: 'a.test' }, 'https://a.test', 'directly'],
  ['and so is what is below it', { ...BOTH, NO_PROXY: 'a.test' }, 'https://b.a.test', 'directly'],
  ['but not what ends like it', { ...BOTH, NO_PROXY: 'a.test' }, 'https://ba.test', 'secure.test:3128'],
  ['nor what it is below', { ...BOTH, NO_PROXY: 'b.a.test' }, 'https://a.test', 'secure.test:3128'],
  ['a dot before it changes nothing', { ...BOTH, NO_PROXY: '.a.test' }, 'https://a.test', 'directly'],
  ['nor does a star and a dot', { ...BOTH, NO_PROXY: '*.a.test' }, 'https://b.a.test', 'directly'],
  ['nor a dot behind it', { ...BOTH, NO_PROXY: 'a.test.' }, 'https://a.test', 'directly'],
  ['nor a dot behind the host', { ...BOTH, NO_PROXY: 'a.test' }, 'https://a.test.', 'directly'],
  ['nor the case', { ...BOTH, no_proxy: 'A.Test' }, 'https://a.test', 'directly'],
  ['a star is everything', { ...BOTH, NO_PROXY: '*' }, 'https://a.test', 'directly'],
  ['a list has commas', { ...BOTH, NO_PROXY: 'x.test,a.test' }, 'https://a.test', 'directly'],
  ['or blanks, or both', { ...BOTH, NO_PROXY: 'x.test , y.test a.test' }, 'https://a.test', 'directly'],
  ['an address is an exception', { ...BOTH, NO_PROXY: '10.0.0.1' }, 'https://10.0.0.1', 'directly'],
  ['for no other address', { ...BOTH, NO_PROXY: '10.0.0.1' }, 'https://10.0.0.10', 'secure.test:3128'],
  ['a range is one', { ...BOTH, NO_PROXY: '10.0.0.0/8' }, 'https://10.1.2.3', 'directly'],
  ['for no address beside it', { ...BOTH, NO_PROXY: '10.0.0.0/8' }, 'https://11.1.2.3', 'secure.test:3128'],
  ['nor for names', { ...BOTH, NO_PROXY: '0.0.0.0/0' }, 'https://a.test', 'secure.test:3128'],
  ['a range of IPv6 is one', { ...BOTH, NO_PROXY: 'fd00::/8' }, 'https://[fd00::1]', 'directly'],
  ['an address of IPv6 is one, in brackets', { ...BOTH, NO_PROXY: '[fd00::1]' }, 'https://[fd00::1]', 'directly'],
  ['and without', { ...BOTH, NO_PROXY: 'fd00::1' }, 'https://[fd00::1]', 'directly'],
  ['a name with a port is one for that port', { ...BOTH, NO_PROXY: 'a.test:8443' }, 'https://a.test:8443', 'directly'],
  ['and for no other', { ...BOTH, NO_PROXY: 'a.test:8443' }, 'https://a.test', 'secure.test:3128'],
  ['443 goes without saying', { ...BOTH, NO_PROXY: 'a.test:443' }, 'https://a.test', 'directly'],
];

for (const [sentence, variables, address, expected] of ROWS) {
  test(sentence, () => assert.equal(way(variables, address), expected));
}

test('why a proxy is unusable is said without its value', () => {
  const proxy = proxiesIn({ HTTPS_PROXY: 'socks5://ada:s3cret@p.test' })(new URL('https://a.test'));
  assert.deepEqual(proxy, { unusable: 'HTTPS_PROXY must be the address of an http or https proxy' });
});
