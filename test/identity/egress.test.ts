/*
 * Nobody makes the gateway knock on doors inside (threats T08, T09; vector A-T08): every form of an address, at every place where
 * an address from elsewhere is taken, and nobody was there. A place that is added to the program is added to PLACES.
 *
 * What the local file names is the operator's word and not in this table: the `url` of its servers, an `issuer`, `jwksUri`,
 * the `url` of introspection. What such a server or issuer then names, or sends us on to, is.
 *
 * Whoever names an address cannot tell from the time, either, what is there: a refusal is decided before there is a
 * connection, which is shown here by counting look-ups and connections, not with a clock.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, describe, it } from 'node:test';
import type { IssuerDefinition } from '../../src/model/identity.ts';
import { defaultLimits } from '../../src/model/limits.ts';
import type { EgressRule, ServerDefinition } from '../../src/model/snapshot.ts';
import { issuerSchemes } from '../../src/proxy/auth/oauth/issuers.ts';
import type { Scheme } from '../../src/proxy/auth/scheme.ts';
import { fetchOnce } from '../../src/proxy/egress/fetch-once.ts';
import type { Resolve } from '../../src/proxy/egress/resolve.ts';
import { triedOut } from '../../src/proxy/live/trial.ts';
import { TimerWheel } from '../../src/proxy/timer-wheel.ts';
import { buildServers } from '../../src/proxy/upstream/servers.ts';
import { openStage } from '../flow/stage.ts';
import { startCanary } from '../rig/canary.ts';
import { type IssuerAnswer, KEYS, METADATA, makeSigner, signed, startIssuer } from '../rig/issuer.ts';
import { madeServer, madeSnapshot } from '../rig/made.ts';
import { madeIdentity, madeIssuer } from '../rig/made-identity.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const canary = await startCanary(hasIpv6 ? '::' : '127.0.0.1');
const closed = await startCanary();
await closed.close();
const issuer = await startIssuer([await makeSigner('good')]);
after(() => Promise.all([canary.close(), issuer.close()]));

/** An address that may be gone to, if anybody listened there; nothing in this file makes anybody go. */
const PUBLIC = '93.184.215.14';
const NAMES: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1', '::1'],
  'inside.test': ['127.0.0.1'],
  'inside-six.test': ['::1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'good-and-bad.test': [PUBLIC, '127.0.0.1'],
  'bad-and-good.test': ['127.0.0.1', PUBLIC],
  'nobody.test': [],
};

/** The hosts of A-T08. */
const HOSTS = [
  ...['127.0.0.1', '127.1', '2130706433', '0x7f000001', '0177.0.0.1', '127.0.0.1.', '0.0.0.0', '0', '[::1]', '[::]'],
  ...[
    '[::ffff:127.0.0.1]',
    '[::127.0.0.1]',
    '[::7f00:1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::]',
  ],
  ...[
    '[2001:0:7f00:1::]',
    '[::ffff:0:127.0.0.1]',
    '169.254.169.254',
    '100.64.0.1',
    '198.18.0.1',
    '10.0.0.1',
    '172.16.0.1',
  ],
  ...['192.168.0.1', '[fd00::1]', '[fe80::1]', '[fec0::1]', '224.0.0.1', '255.255.255.255', '①②⑦.0.0.1'],
  ...['localhost', 'localhost.', 'LOCALHOST', 'inside.test', 'inside-six.test', 'mapped.test', 'inside.test.'],
  ...['good-and-bad.test', 'bad-and-good.test'],
  ...['ann@127.0.0.1', `${PUBLIC}@127.0.0.1`, 'ann:word@inside.test', 'unix', 'keycloak'],
];

const OTHER_FORMS = (port: number) => [
  `https://${PUBLIC}:22/keys`,
  ...[
    'file:///etc/hostname',
    `ftp://127.0.0.1:${port}/`,
    `gopher://127.0.0.1:${port}/`,
    'data:application/json,{"keys":[]}',
  ],
  ...[
    'unix:/var/run/docker.sock',
    'http+unix://%2Fvar%2Frun%2Fdocker.sock/keys',
    'http://unix:/var/run/docker.sock:/keys',
  ],
  ...[`//127.0.0.1:${port}/keys`, `blob:http://127.0.0.1:${port}/keys`, `ws://127.0.0.1:${port}/`, 'javascript:1', ''],
];

const addressesAt = (port: number) => [
  ...HOSTS.flatMap((host) => ['http', 'https'].map((scheme) => `${scheme}://${host}:${port}/keys`)),
  ...HOSTS.map((host) => `https://${host}/keys`),
  ...OTHER_FORMS(port),
];

interface Place {
  readonly sentence: string;
  /** All that is said to the operator when the address is named there. */
  readonly name: (address: string, rules: readonly EgressRule[], resolve: Resolve) => Promise<string>;
}

interface IssuersPlace {
  readonly sentence: string;
  /** What the issuer then answers where. */
  readonly answers: (address: string) => Readonly<Record<string, IssuerAnswer>>;
  readonly token?: 'opaque';
}

const good = issuer.answers.get(KEYS) ?? {};
const metadata = (change: object) => ({ body: { issuer: issuer.url, jwks_uri: issuer.url + KEYS, ...change } });
const ISSUERS_PLACES: readonly IssuersPlace[] = [
  { sentence: '`jwks_uri` of metadata', answers: (address) => ({ [METADATA]: metadata({ jwks_uri: address }) }) },
  {
    sentence: '`introspection_endpoint` of metadata',
    answers: (address) => ({ [METADATA]: metadata({ introspection_endpoint: address }), [KEYS]: good }),
    token: 'opaque',
  },
];

const SERVERS_PLACES: readonly Place[] = (['http', 'sse'] as const).flatMap((kind): Place[] => [
  { sentence: `the \`url\` of a stored server (${kind})`, name: (...named) => serverSaid(kind, ...named) },
  { sentence: `the \`url\` of a server that is tried out (${kind})`, name: (...named) => trialSaid(kind, ...named) },
]);

const PLACES: readonly Place[] = [...ISSUERS_PLACES.map(ofIssuer), ...SERVERS_PLACES];

const ASK = '/introspect';
const SENT_ON: readonly IssuersPlace[] = [301, 302, 303, 307, 308].flatMap((status): IssuersPlace[] => {
  const on = (location: string): IssuerAnswer => ({ status, headers: { location } });
  const asking = metadata({ introspection_endpoint: issuer.url + ASK });
  return [
    { sentence: `metadata (${status})`, answers: (address) => ({ [METADATA]: on(address) }) },
    { sentence: `keys (${status})`, answers: (address) => ({ [METADATA]: metadata({}), [KEYS]: on(address) }) },
    {
      sentence: `introspection (${status})`,
      answers: (address) => ({ [METADATA]: asking, [KEYS]: good, [ASK]: on(address) }),
      token: 'opaque',
    },
  ];
});

function ofIssuer(place: IssuersPlace): Place {
  return { sentence: place.sentence, name: (...named) => issuerSaid(place, ...named) };
}

async function outcome(place: Place, address: string, rules: readonly EgressRule[] = []) {
  let lookups = 0;
  const resolve: Resolve = async (hostname) => {
    lookups += 1;
    return (NAMES[hostname] ?? []).map((found) => ({ address: found, family: found.includes(':') ? 6 : 4 }));
  };
  const said = await place.name(address, rules, resolve);
  return { said, lookups };
}

async function issuerSaid(place: IssuersPlace, address: string, rules: readonly EgressRule[], resolve: Resolve) {
  issuer.answers.clear();
  for (const [path, answer] of Object.entries(place.answers(address))) issuer.answers.set(path, answer);
  const failures: unknown[] = [];
  const failed = Promise.withResolvers<void>();
  const schemes = issuerSchemes({
    fetch: fetchOnce({ rules: () => rules, resolve }),
    ...{ now: () => Date.now(), clock: () => performance.now(), limits: defaultLimits, onLimit: () => {} },
    sleep: () => ({ done: new Promise(() => {}), wake: () => {} }),
    onFailure: (_, error) => {
      failures.push(error);
      failed.resolve();
    },
  });
  const introspection = { url: undefined, clientId: 'gateway', clientSecret: 'a secret of the gateway', cacheMs: 0 };
  const definition: IssuerDefinition = madeIssuer(issuer.url, place.token ? { introspection } : {});
  const scheme = schemes(madeIdentity({ issuers: [definition] })).at(-1);
  if (place.token) await verified(scheme, 'opaque-token').catch((error: unknown) => failures.push(error));
  else await failed.promise;
  return failures.map(String).join('\n');
}

const wheel = new TimerWheel(() => performance.now());
after(() => wheel.close());

/** A server whose address somebody has told the API. */
function stored(kind: 'http' | 'sse', url: string): ServerDefinition {
  const where = { url, headers: {}, trusted: false };
  return madeServer('stored', { transport: kind === 'sse' ? { kind, ...where } : { kind, ...where, orSse: true } });
}

function serversUnder(rules: readonly EgressRule[], resolve: Resolve) {
  return buildServers({
    ...{ wheel, resolve, emit: () => {}, identity: '{"name":"gatewright","version":"0"}', proxyOf: () => undefined },
    ...{ limits: defaultLimits, snapshot: () => madeSnapshot([], { egress: rules }) },
    files: { load: async () => undefined, save: async () => {} },
    witness: { beginning: () => {}, added: () => {}, notBegun: () => {}, cleared: () => {}, close: async () => {} },
  });
}

async function serverSaid(kind: 'http' | 'sse', address: string, rules: readonly EgressRule[], resolve: Resolve) {
  const { upstreams, catalogues } = serversUnder(rules, resolve);
  upstreams.follow(new Map([['stored', stored(kind, address)]]));
  await upstreams.settled();
  const { reason } = catalogues.of('stored');
  await upstreams.stop(Promise.resolve());
  return reason;
}

async function trialSaid(kind: 'http' | 'sse', address: string, rules: readonly EgressRule[], resolve: Resolve) {
  const { upstreamFor } = serversUnder(rules, resolve);
  const trial = await triedOut({ upstreamFor, wheel }, stored(kind, address), new AbortController().signal);
  return trial.ok ? '' : trial.say;
}

async function verified(scheme: Scheme | undefined, token: string): Promise<void> {
  await scheme?.verify(token, 'https://gateway.test/mcp');
}

/** The address stands in what is said; what is left must be the same wherever it points. */
const withoutPort = (text: string, port: number) => text.replaceAll(String(port), 'PORT');

for (const place of PLACES) {
  describe(`${place.sentence} never leads inside`, () => {
    const pairs = addressesAt(canary.port).map((address, at) => [address, addressesAt(closed.port)[at] ?? ''] as const);
    for (const [open, shut] of pairs) {
      it(`by ${open || 'nothing'}`, async () => {
        const { said, lookups } = await outcome(place, open);
        assert.match(said, /may not be reached: /);
        // On the port that is open to all, a name must be looked up to be judged.
        assert.ok(
          lookups === 0 || (lookups === 1 && /^https:\/\/[^/]+\.test\.?\/|localhost/.test(open)),
          `${lookups} look-ups`,
        );
        canary.assertUntouched();
        const other = await outcome(place, shut);
        assert.equal(withoutPort(other.said, closed.port), withoutPort(said, canary.port), 'open and closed alike');
      });
    }
  });

  describe(`${place.sentence} never leads inside, where a rule opens the port for others`, () => {
    const rules = [{ host: '93.184.215.0/24', ports: [canary.port, closed.port], http: true }];
    for (const host of HOSTS) {
      it(`by ${host}`, async () => {
        const { said } = await outcome(place, `http://${host}:${canary.port}/keys`, rules);
        assert.match(said, /may not be reached: |cannot be reached|No MCP server answers/);
        if (!/^(unix|keycloak)$/.test(host)) assert.match(said, /may not be reached: /);
        assert.ok(!said.includes(PUBLIC) || host.includes(PUBLIC), 'the answer of the resolver is not said');
        const other = await outcome(place, `http://${host}:${closed.port}/keys`, rules);
        assert.equal(withoutPort(other.said, closed.port), withoutPort(said, canary.port));
        canary.assertUntouched();
      });
    }
  });

  it(`${place.sentence} leads inside where the operator has opened that very place`, async (t) => {
    const opened = await startCanary();
    t.after(() => opened.close());
    const rules = [{ host: '127.0.0.1', ports: [opened.port], http: true }];
    await outcome(place, `http://127.0.0.1:${opened.port}/keys`, rules);
    assert.ok(opened.connectionCount > 0, 'were it not for this, nothing above could fail');
  });
}

describe('nobody is followed to where he sends on', () => {
  for (const place of SENT_ON) {
    it(place.sentence, async () => {
      const { said } = await outcome(ofIssuer(place), canary.url);
      assert.match(said, /sent to another address \(status 30\d\)/);
      assert.ok(!said.includes(String(canary.port)));
      canary.assertUntouched();
    });
  }
});

describe('the gateway itself', async () => {
  const sending = createServer((request, response) => {
    const status = Number(request.url?.split('/')[1]);
    response.writeHead(status, { location: canary.url }).end();
  });
  await new Promise<void>((resolve) => sending.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(sending.address() as AddressInfo).port}`;
  const inside = await startIssuer();
  const signer = await makeSigner('good');
  inside.answers.set(METADATA, { body: { issuer: inside.url, jwks_uri: `http://localhost:${canary.port}/keys` } });
  const stage = await openStage(
    {},
    {
      others: Object.fromEntries(
        [301, 302, 307, 308].flatMap((status) => [
          [`http-${status}`, { url: `${origin}/${status}`, type: 'http' }],
          [`sse-${status}`, { url: `${origin}/${status}`, type: 'sse' }],
        ]),
      ),
      config: {
        auth: {
          issuers: [{ issuer: inside.url }],
          tokens: [{ name: 'operator', token: 'a-token-of-the-operator-with-32-bytes' }],
        },
      },
      gateway: { args: ['--log-level', 'debug'] },
    },
  );
  after(async () => {
    await stage.close();
    await inside.close();
    sending.closeAllConnections();
    sending.close();
  });

  for (const status of [301, 302, 307, 308]) {
    it(`does not follow a server that sends on (${status}), although its address is the operator's word`, async () => {
      for (const server of [`http-${status}`, `sse-${status}`]) await stage.server(server, 'down');
      canary.assertUntouched();
    });
  }

  it('refuses a token whose keys it may not fetch, in the words of any other refusal, and tells the operator the rule', async () => {
    const token = await signed(signer, { claims: { iss: inside.url, aud: `${stage.gateway.url}/mcp` } });
    const [refused, unknown] = [await presented(stage.url(), token), await presented(stage.url(), 'never-seen')];
    assert.deepEqual(refused, unknown);
    assert.match(refused, /^401 /);
    assert.match(stage.gateway.stderr(), /localhost:\d+ may not be reached: /);
    canary.assertUntouched();
  });
});

async function presented(url: string, token: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json, text/event-stream' };
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{}',
  });
  return `${response.status} ${await response.text()}`;
}
