import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EgressRule } from '../../model/snapshot.ts';
import { EgressError } from './egress-error.ts';
import { passageTo } from './rules.ts';

const rule = (host: string, ports?: readonly number[], http = false): EgressRule => ({ host, ports, http });

/** What is dialled: `as it stands`, `checked`, or the rule that refuses it. */
function judged(address: string, rules: readonly EgressRule[], trusted: readonly string[] = []): string {
  try {
    return passageTo(address, trusted, rules).takes ? 'checked' : 'as it stands';
  } catch (error) {
    assert.ok(error instanceof EgressError && error.failure.kind === 'refused');
    return error.failure.rule;
  }
}

const FROM_ELSEWHERE: readonly [string, string][] = [
  ['https://idp.example/keys', 'checked'],
  ['https://idp.example:443/keys', 'checked'],
  ['https://idp.example./keys', 'checked'],
  ['https://93.184.215.14/', 'checked'],
  ['https://[2606:4700::1111]/', 'checked'],
  ['http://idp.example/keys', 'https'],
  ['https://idp.example:8443/keys', 'port'],
  ['https://idp.example:22/', 'port'],
  ['https://127.0.0.1/', 'public'],
  ['https://127.1/', 'public'],
  ['https://2130706433/', 'public'],
  ['https://0x7f000001/', 'public'],
  ['https://0177.0.0.1/', 'public'],
  ['https://127.0.0.1./', 'public'],
  ['https://１２７.0.0.1/', 'public'],
  ['https://0.0.0.0/', 'public'],
  ['https://[::1]/', 'public'],
  ['https://[::]/', 'public'],
  ['https://[::ffff:127.0.0.1]/', 'public'],
  ['https://[::127.0.0.1]/', 'public'],
  ['https://[::7f00:1]/', 'public'],
  ['https://[64:ff9b::7f00:1]/', 'public'],
  ['https://[64:ff9b:1::7f00:1]/', 'public'],
  ['https://[2002:7f00:1::]/', 'public'],
  ['https://[2001:0:7f00:1::]/', 'public'],
  ['https://[fec0::1]/', 'public'],
  ['https://[4000::1]/', 'public'],
  ['https://169.254.169.254/latest/meta-data/', 'public'],
  ['https://100.64.0.1/', 'public'],
  ['https://198.18.0.1/', 'public'],
  ['https://192.88.99.1/', 'public'],
  ['https://224.0.0.1/', 'public'],
  ['https://255.255.255.255/', 'public'],
  ['https://10.0.0.1/', 'public'],
  ['https://172.16.0.1/', 'public'],
  ['https://192.168.0.1/', 'public'],
  ['https://[fd00::1]/', 'public'],
  ['https://[fe80::1]/', 'public'],
  ['https://[ff02::1]/', 'public'],
  ['https://localhost/', 'public'],
  ['https://localhost./', 'public'],
  ['https://keycloak/', 'public'],
  ['https://unix:/var/run/docker.sock', 'public'],
  ['http://unix:/var/run/docker.sock:/containers', 'https'],
  ['http+unix://%2Fvar%2Frun%2Fdocker.sock/', 'scheme'],
  ['unix:/var/run/docker.sock', 'scheme'],
  ['file:///etc/passwd', 'scheme'],
  ['ftp://idp.example/', 'scheme'],
  ['gopher://127.0.0.1:70/', 'scheme'],
  ['data:application/json,{}', 'scheme'],
  ['javascript:alert(1)', 'scheme'],
  ['/keys', 'scheme'],
  ['', 'scheme'],
  ['https://idp.example@127.0.0.1/', 'credentials'],
  ['https://ada:secret@idp.example/', 'credentials'],
  ['https://:secret@idp.example/', 'credentials'],
];

for (const [address, verdict] of FROM_ELSEWHERE) {
  test(`from elsewhere, without a rule: ${address || 'nothing'} ⇒ ${verdict}`, () => {
    assert.equal(judged(address, []), verdict);
  });
}

const WITH_RULES: readonly [string, readonly EgressRule[], string, string][] = [
  ['a host rule opens its host', [rule('keycloak')], 'https://keycloak/', 'as it stands'],
  ['a host rule opens no name below it', [rule('corp.test')], 'https://a.corp.test/', 'checked'],
  ['a host rule opens no name that ends like it', [rule('corp.test')], 'https://evilcorp.test/', 'checked'],
  ['a host rule is compared without regard to case', [rule('IdP.Corp.Test')], 'https://idp.corp.test', 'as it stands'],
  ['a host rule covers the name with its dot', [rule('idp.corp.test')], 'https://idp.corp.test./', 'as it stands'],
  ['a host rule opens no literal', [rule('*.0.1')], 'https://10.0.0.1/', 'public'],
  ['a host rule alone opens no other port', [rule('idp.corp.test')], 'https://idp.corp.test:8443/', 'port'],
  [
    'a port that the rule names is open',
    [rule('idp.corp.test', [8443])],
    'https://idp.corp.test:8443/',
    'as it stands',
  ],
  ['a rule with ports opens those alone', [rule('keycloak', [8443])], 'https://keycloak/', 'public'],
  ['a rule without http opens no http', [rule('idp.corp.test', [80])], 'http://idp.corp.test/', 'https'],
  ['a rule with http opens port 80', [rule('idp.corp.test', undefined, true)], 'http://idp.corp.test/', 'as it stands'],
  ['and 443 by https', [rule('keycloak', undefined, true)], 'https://keycloak/', 'as it stands'],
  ['but no other port', [rule('idp.corp.test', undefined, true)], 'http://idp.corp.test:8080/', 'https'],
  ['a star covers names below', [rule('*.corp.test')], 'https://a.b.corp.test/', 'as it stands'],
  ['a star does not cover the name itself', [rule('*.corp.test')], 'https://corp.test/', 'checked'],
  ['a range covers a literal in it', [rule('10.0.0.0/8')], 'https://10.1.2.3/', 'checked'],
  ['a range covers no literal beside it', [rule('10.0.0.0/8')], 'https://11.1.2.3/', 'checked'],
  ['nor another private one', [rule('10.0.0.0/8')], 'https://192.168.1.1/', 'public'],
  ['an address is a range of one', [rule('10.1.2.3', [8443])], 'https://10.1.2.3:8443/', 'checked'],
  ['a range of IPv6 covers a literal in it', [rule('fd00::/8')], 'https://[fd12::1]/', 'checked'],
  ['a range does not cover the mapped form', [rule('10.0.0.0/8')], 'https://[::ffff:10.1.2.3]/', 'public'],
  ['a range makes names worth looking up', [rule('10.0.0.0/8', [8443])], 'https://keycloak:8443/', 'checked'],
  ['a rule does not open other schemes', [rule('idp.corp.test')], 'ftp://idp.corp.test/', 'scheme'],
  ['a rule does not excuse user-info', [rule('idp.corp.test')], 'https://a@idp.corp.test/', 'credentials'],
];

for (const [sentence, rules, address, verdict] of WITH_RULES) {
  test(sentence, () => assert.equal(judged(address, rules), verdict));
}

const TRUSTED: readonly [string, string, string][] = [
  ['the same origin', 'http://127.0.0.1:8080/realms/x', 'as it stands'],
  ['another port', 'http://127.0.0.1:8081/keys', 'https'],
  ['another scheme', 'https://127.0.0.1:8080/keys', 'port'],
  ['the same address in other letters', 'http://2130706433:8080/keys', 'as it stands'],
  ['the same origin with user-info', 'http://a@127.0.0.1:8080/keys', 'credentials'],
];

for (const [sentence, address, verdict] of TRUSTED) {
  test(`an issuer of the local file is trusted with ${sentence}: ${verdict}`, () => {
    assert.equal(judged(address, [], ['http://127.0.0.1:8080/realms/x']), verdict);
  });
}

const ANSWERS: readonly [string, readonly EgressRule[], string, boolean][] = [
  ['a public address', [], '93.184.215.14', true],
  ['a loopback address', [], '127.0.0.1', false],
  ['a mapped loopback address', [], '::ffff:127.0.0.1', false],
  ['a link-local address with its zone', [], 'fe80::1%eth0', false],
  ['what is no address', [], 'localhost', false],
  ['an address of a range that a rule names', [rule('10.0.0.0/8')], '10.1.2.3', true],
  ['an address beside that range', [rule('10.0.0.0/8')], '192.168.1.1', false],
  ['an address of a range for another port', [rule('10.0.0.0/8', [8443])], '10.1.2.3', false],
];

for (const [sentence, rules, address, isTaken] of ANSWERS) {
  test(`${sentence} is ${isTaken ? '' : 'not '}connected to for a name`, () => {
    assert.equal(passageTo('https://idp.example/', [], rules).takes?.(address), isTaken);
  });
}

test('a refusal names the rule and the origin, and neither path nor query', () => {
  const refused = () => passageTo('http://10.0.0.1:8080/keys?token=s3cret', [], []);
  assert.throws(refused, { message: /^http:\/\/10\.0\.0\.1:8080 may not be reached: .*egress\.allow.*\.$/ });
  assert.throws(refused, (error: Error) => !error.message.includes('s3cret'));
});
