import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createRaw } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { startCanary } from '../../../test/rig/canary.ts';
import { startHttpProxy } from '../../../test/rig/http-proxy.ts';
import type { EgressRule } from '../../model/snapshot.ts';
import { EgressError, type EgressFailure } from './egress-error.ts';
import { type FetchRequest, fetchOnce } from './fetch-once.ts';
import type { Resolve } from './resolve.ts';

const LIMITS = { timeoutMs: 5_000, bytesMax: 1_000 };

async function served(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (names: Readonly<Record<string, readonly string[]>>): Resolve => {
  return async (hostname) =>
    (names[hostname] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
};

const trusted = fetchOnce({ rules: () => [] });
const asked = (origin: string, more: Partial<FetchRequest> = {}): FetchRequest => {
  return { url: `${origin}/keys`, trustedOrigins: [origin], ...LIMITS, ...more };
};

function failing(failure: EgressFailure): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof EgressError, String(error));
    assert.deepEqual(error.failure, failure);
    return true;
  };
}

test('an answer comes with its status, its header fields and its bytes', async (t) => {
  const origin = await served(t, (_, response) => {
    response.writeHead(404, { 'Content-Type': 'text/plain', 'X-Two': ['a', 'b'] }).end('none');
  });
  const { status, headers, body } = await trusted(asked(origin));
  assert.deepEqual(
    [status, headers['content-type'], headers['x-two'], String(body)],
    [404, 'text/plain', 'a, b', 'none'],
  );
});

test('a request says what it was told to, asks for no coding, and nothing else', async (t) => {
  const seen: { message: IncomingMessage; text: string }[] = [];
  const origin = await served(t, async (message, response) => {
    seen.push({ message, text: (await message.toArray()).join('') });
    response.end();
  });
  const url = `${origin}/introspect?a=1`;
  await trusted(asked(origin, { url, method: 'POST', body: 'token=x', headers: { Authorization: 'Basic eA==' } }));
  const [{ message, text } = assert.fail('nobody came')] = seen;
  assert.deepEqual([message.method, message.url, text], ['POST', '/introspect?a=1', 'token=x']);
  assert.deepEqual(Object.keys(message.headers).sort(), [
    ...['accept-encoding', 'authorization', 'connection', 'content-length', 'host', 'user-agent'],
  ]);
  assert.equal(message.headers['accept-encoding'], 'identity');
});

for (const status of [301, 302, 303, 307, 308]) {
  test(`a redirect (${status}) is an error, and nobody goes there`, async (t) => {
    const canary = await startCanary();
    t.after(() => canary.close());
    const origin = await served(t, (_, response) => response.writeHead(status, { location: canary.url }).end());
    await assert.rejects(trusted(asked(origin)), failing({ kind: 'redirect' }));
    canary.assertUntouched();
  });
}

const FAILURES: readonly [string, RequestListener, EgressFailure][] = [
  ['a body over its limit, by length', (_, response) => response.end(Buffer.alloc(1_001)), { kind: 'too_large' }],
  [
    'a body over its limit, by chunks that never end',
    (_, response) => {
      const more = () => void (response.destroyed || response.write(Buffer.alloc(100), () => setImmediate(more)));
      more();
    },
    { kind: 'too_large' },
  ],
  [
    'a body in a coding',
    (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    { kind: 'coding' },
  ],
  [
    'a body that breaks off',
    (_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('x', () => response.destroy());
    },
    { kind: 'invalid' },
  ],
];

for (const [sentence, listener, failure] of FAILURES) {
  test(`${sentence} is an error`, async (t) => {
    const origin = await served(t, listener);
    await assert.rejects(trusted(asked(origin)), failing(failure));
  });
}

test('a body at its limit is an answer', async (t) => {
  const origin = await served(t, (_, response) => response.end(Buffer.alloc(1_000)));
  assert.equal((await trusted(asked(origin))).body.length, 1_000);
});

test('an answer that does not come is not waited for beyond its time, nor one that never ends', async (t) => {
  const silent = await served(t, () => {});
  await assert.rejects(trusted(asked(silent, { timeoutMs: 50 })), failing({ kind: 'timeout' }));
  const endless = await served(t, (_, response) => void response.write('x'));
  await assert.rejects(trusted(asked(endless, { timeoutMs: 50 })), failing({ kind: 'timeout' }));
});

test('what is not HTTP is an error', async (t) => {
  const server = createRaw((socket) => socket.end('220 mail.test ESMTP\r\n')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await assert.rejects(trusted(asked(origin)), failing({ kind: 'invalid' }));
});

test('a port where nobody listens is named with the reason when the local file has it', async () => {
  const { port, close } = await startCanary();
  await close();
  await assert.rejects(trusted(asked(`http://127.0.0.1:${port}`)), {
    message: `http://127.0.0.1:${port} cannot be reached (ECONNREFUSED).`,
  });
});

const NAMES: readonly [string, readonly string[]][] = [
  ['a name for the loopback address', ['127.0.0.1']],
  ['a name with one good and one bad address', ['93.184.215.14', '127.0.0.1']],
  ['a name with one bad and one good address', ['127.0.0.1', '93.184.215.14']],
  ['a name for a mapped loopback address', ['::ffff:127.0.0.1']],
  ['a name with two hundred good addresses and a bad one', [...Array(200).fill('203.0.113.9'), '127.0.0.1']],
];

for (const [sentence, addresses] of NAMES) {
  test(`${sentence} is refused before there is a connection`, async (t) => {
    const canary = await startCanary();
    t.after(() => canary.close());
    const rules = () => [{ host: '203.0.113.0/24', ports: [canary.port], http: true }];
    const fetch = fetchOnce({ rules, resolve: answering({ 'keys.test': addresses }) });
    const url = `http://keys.test:${canary.port}/`;
    await assert.rejects(fetch({ url, trustedOrigins: [], ...LIMITS }), (error: Error) => {
      failing({ kind: 'refused', rule: 'public' })(error);
      assert.ok(!addresses.some((address) => error.message.includes(address)), error.message);
      return true;
    });
    canary.assertUntouched();
  });
}

test('a name is looked up once per connection, and only what was checked is connected to', async (t) => {
  const canary = await startCanary();
  t.after(() => canary.close());
  let lookups = 0;
  const resolve: Resolve = async () => {
    lookups += 1;
    return [{ address: lookups === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
  };
  const rules = () => [{ host: '127.0.0.2', ports: [canary.port], http: true }];
  const request = { url: `http://keys.test:${canary.port}/`, trustedOrigins: [], ...LIMITS };
  await assert.rejects(fetchOnce({ rules, resolve })(request), failing({ kind: 'unreachable' }));
  assert.equal(lookups, 1);
  await assert.rejects(fetchOnce({ rules, resolve })(request), failing({ kind: 'refused', rule: 'public' }));
  canary.assertUntouched();
});

test('a name that is allowed is connected to by its address and asked by its name', async (t) => {
  const hosts: unknown[] = [];
  const origin = await served(t, (message, response) => {
    hosts.push(message.headers.host);
    response.end('keys');
  });
  const port = Number(new URL(origin).port);
  const rules = () => [{ host: '127.0.0.0/8', ports: [port], http: true }];
  const fetch = fetchOnce({ rules, resolve: answering({ 'keys.test': ['127.0.0.1'] }) });
  const { body } = await fetch({ url: `http://keys.test:${port}/`, trustedOrigins: [], ...LIMITS });
  assert.deepEqual([String(body), hosts], ['keys', [`keys.test:${port}`]]);
});

describe('behind a proxy', () => {
  const refused: readonly [string, string, EgressFailure][] = [
    [
      'a name from elsewhere is refused: the proxy would look it up',
      'https://keys.test/',
      { kind: 'refused', rule: 'proxy' },
    ],
    ['an address that is not public is refused as ever', 'https://10.0.0.1/', { kind: 'refused', rule: 'public' }],
  ];
  for (const [sentence, url, failure] of refused) {
    test(`${sentence}, and the proxy is not asked`, async (t) => {
      const proxy = await startHttpProxy();
      t.after(() => proxy.close());
      const fetch = fetchOnce({ rules: () => [], proxyOf: () => ({ url: new URL(proxy.url) }) });
      await assert.rejects(fetch({ url, trustedOrigins: [], ...LIMITS }), failing(failure));
      assert.deepEqual(proxy.asked, []);
    });
  }

  const taken: readonly [string, (origin: string) => { rules: EgressRule[]; trustedOrigins: string[] }][] = [
    ['that a rule names', (origin) => ({ rules: [ruleFor(origin)], trustedOrigins: [] })],
    ['of the local file', (origin) => ({ rules: [], trustedOrigins: [origin] })],
  ];
  for (const [sentence, how] of taken) {
    test(`a name ${sentence} is asked for there`, async (t) => {
      const proxy = await startHttpProxy();
      t.after(() => proxy.close());
      const { port } = new URL(await served(t, (_, response) => response.end('keys')));
      const { rules, trustedOrigins } = how(`http://keys.test:${port}`);
      const fetch = fetchOnce({ rules: () => rules, proxyOf: () => ({ url: new URL(proxy.url) }) });
      const { body } = await fetch({ url: `http://keys.test:${port}/a`, trustedOrigins, ...LIMITS });
      assert.deepEqual([String(body), proxy.asked], ['keys', [`GET http://keys.test:${port}/a`]]);
    });
  }
});

function ruleFor(origin: string): EgressRule {
  const { hostname, port } = new URL(origin);
  return { host: hostname, ports: [Number(port)], http: true };
}

const NO_ADDRESS: readonly [string, Resolve][] = [
  ['does not exist', async () => Promise.reject(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))],
  ['has no address', async () => []],
];

for (const [sentence, resolve] of NO_ADDRESS) {
  test(`a name that ${sentence} cannot be reached, and whoever named it learns no more than that`, async () => {
    const asked = fetchOnce({ rules: () => [], resolve })({ url: 'https://keys.test/', trustedOrigins: [], ...LIMITS });
    await assert.rejects(asked, { message: 'https://keys.test cannot be reached.' });
  });
}

test('a look-up that never ends is part of the time', async () => {
  const resolve: Resolve = () => new Promise(() => {});
  const asked = fetchOnce({ rules: () => [], resolve })({
    ...{ url: 'https://keys.test/', trustedOrigins: [], bytesMax: 1 },
    timeoutMs: 50,
  });
  await assert.rejects(asked, failing({ kind: 'timeout' }));
});
