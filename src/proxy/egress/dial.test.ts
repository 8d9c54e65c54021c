/*
 * Servers behind certificates and proxies, as they are dialled: who is believed, what is said of who is not, and what a
 * proxy on the way gets to see.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createPlain, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { Pool } from 'undici';
import { type Authority, makeAuthority, makeCertificate } from '../../../test/rig/certificates.ts';
import { startHttpProxy } from '../../../test/rig/http-proxy.ts';
import type { ClientTls } from '../../model/snapshot.ts';
import { type Dialer, type DialOptions, dial } from './dial.ts';
import { EgressError } from './egress-error.ts';

const HOUR_MS = 3_600_000;
const SILENT: ClientTls = { caFile: undefined, certFile: undefined, keyFile: undefined };
const HOW = { connectTimeoutMs: 5_000, connections: 4, resolve: async () => [{ address: '127.0.0.1', family: 4 }] };

let folder = '';
let authority: Authority;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatewright-dial-'));
  authority = makeAuthority('Test authority');
});
after(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function written(text: string): Promise<string> {
  const path = join(folder, `${++files}.pem`);
  await writeFile(path, text);
  return path;
}

/** Answers with what it was asked for, and by whom; to `/last` for the last time on this connection. */
function answer(message: IncomingMessage, response: ServerResponse): void {
  if (message.url === '/last') response.setHeader('connection', 'close');
  const { subject } = (message.socket as Partial<TLSSocket>).getPeerCertificate?.() ?? {};
  response.end(`${message.method} ${message.url} of ${message.headers.host?.split(':')[0]} by ${subject?.CN}`);
}

async function listening(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function secure(t: TestContext, options: ServerOptions): Promise<URL> {
  const server = createServer(options, answer);
  server.on('tlsClientError', () => {});
  return new URL(`https://tools.test:${await listening(t, server)}/mcp`);
}

function dialled(t: TestContext, url: URL, options: Partial<DialOptions>): Dialer {
  const dialer = dial(url, { ...HOW, ...options });
  t.after(() => dialer.close());
  return dialer;
}

function ask({ pool }: Dialer, path = '/mcp'): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    pool.dispatch(
      { path, method: 'GET', headers: ['x-mine', '1'] },
      {
        onRequestStart() {},
        onResponseStart: (_, status) => void (status === 200 || reject(new Error(`status ${status}`))),
        onResponseData: (_, chunk) => void chunks.push(chunk),
        onResponseEnd: () => resolve(String(Buffer.concat(chunks))),
        onResponseError: (_, error) => reject(error),
      },
    );
  });
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
const saying = (text: RegExp) => (error: unknown) => error instanceof EgressError && text.test(error.message);
const good = (more: object = {}) => makeCertificate({ name: 'tools', hosts: ['tools.test'], by: authority, ...more });

describe('the certificate of a server', () => {
  const past = { notBefore: new Date(Date.now() - 48 * HOUR_MS), notAfter: new Date(Date.now() - HOUR_MS) };
  const future = { notBefore: new Date(Date.now() + HOUR_MS) };
  const rows: [string, () => ServerOptions, string | undefined][] = [
    ['of the authority that the entry names is good', good, undefined],
    ['that is over is refused', () => good(past), 'CERT_HAS_EXPIRED'],
    ['that is not yet valid is refused', () => good(future), 'CERT_NOT_YET_VALID'],
    ['for another name is refused', () => good({ hosts: ['other.test'] }), 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['that it has signed itself is refused', () => good({ by: undefined }), 'DEPTH_ZERO_SELF_SIGNED_CERT'],
    [
      'of another authority is refused',
      () => good({ by: makeAuthority('Another') }),
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ],
    [
      'over a protocol before TLS 1.2 is refused',
      () => ({ ...good(), minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    ],
  ];
  for (const [sentence, make, code] of rows) {
    test(sentence, async (t) => {
      const url = await secure(t, make());
      const asked = ask(dialled(t, url, { tls: { ...SILENT, caFile: await written(authority.cert) } }));
      if (code === undefined) assert.equal(await asked, 'GET /mcp of tools.test by undefined');
      else assert.equal(await asked.then(() => undefined, codeOf), code);
    });
  }

  test('is refused where no entry names its authority, whatever another entry names', async (t) => {
    const url = await secure(t, good());
    await ask(dialled(t, url, { tls: { ...SILENT, caFile: await written(authority.cert) } }));
    await assert.rejects(ask(dialled(t, url, {})), (error) => codeOf(error) === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  test('is judged by what the file says now: a rotated authority counts from the next connection on', async (t) => {
    const next = makeAuthority('The next');
    const url = await secure(t, good({ by: next }));
    const caFile = await written(authority.cert);
    const dialer = dialled(t, url, { tls: { ...SILENT, caFile } });
    await assert.rejects(ask(dialer), (error) => codeOf(error) === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    await writeFile(caFile, authority.cert + next.cert);
    assert.match(await ask(dialer), /^GET/);
  });

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`is judged anew when its authority was taken out, not taken up from a session of before (${maxVersion})`, async (t) => {
      const url = await secure(t, { ...good(), maxVersion });
      const caFile = await written(authority.cert);
      const dialer = dialled(t, url, { tls: { ...SILENT, caFile } });
      await ask(dialer, '/last');
      await writeFile(caFile, makeAuthority('Another').cert);
      const asked = ask(dialer, '/last');
      await assert.rejects(asked, (error) => codeOf(error) === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    });
  }
});

describe('the files of an entry', () => {
  test('let the gateway show itself', async (t) => {
    const url = await secure(t, { ...good(), requestCert: true, rejectUnauthorized: true, ca: authority.cert });
    const { cert, key } = makeCertificate({ name: 'gatewright', by: authority });
    const tls = { caFile: await written(authority.cert), certFile: await written(cert), keyFile: await written(key) };
    assert.equal(await ask(dialled(t, url, { tls })), 'GET /mcp of tools.test by gatewright');
  });

  const rows: [string, () => Promise<Partial<ClientTls>>, RegExp][] = [
    [
      'are named when one is not there',
      async () => ({ caFile: join(folder, 'none') }),
      /caFile .*none cannot be read \(ENOENT\)/,
    ],
    ['are named when one is a folder', async () => ({ caFile: folder }), /caFile .* cannot be read \(EISDIR\)/],
    [
      'are named when one is something else',
      async () => ({ caFile: await written('hello') }),
      /caFile .* has no certificate in PEM/,
    ],
    [
      'are named when one is cut short',
      async () => ({ caFile: await written(authority.cert.replace(/\n[^\n]+\n-----END/, '\n-----END')) }),
      /caFile .* has a certificate that cannot be read/,
    ],
    [
      'are named when they do not belong together',
      async () => ({ certFile: await written(good().cert), keyFile: await written(good().key) }),
      /certFile .* and keyFile .* cannot be used together/,
    ],
  ];
  for (const [sentence, make, text] of rows) {
    test(sentence, async (t) => {
      const url = await secure(t, good());
      await assert.rejects(ask(dialled(t, url, { tls: { ...SILENT, ...(await make()) } })), saying(text));
    });
  }

  test('are read again after a failure', async (t) => {
    const url = await secure(t, good());
    const caFile = await written('');
    const dialer = dialled(t, url, { tls: { ...SILENT, caFile } });
    await assert.rejects(ask(dialer), saying(/has no certificate/));
    await writeFile(caFile, authority.cert);
    assert.match(await ask(dialer), /^GET/);
  });
});

test('without a proxy nothing stands between a request and the pool', (t) => {
  assert.ok(dialled(t, new URL('http://tools.test/'), {}).pool instanceof Pool);
});

describe('through a proxy', () => {
  const through = (url: string, more: Partial<DialOptions> = {}) => ({ ...more, proxy: { url: new URL(url) } });

  test('https is a tunnel: the proxy sees the name and the port, and its own credentials', async (t) => {
    const proxy = await startHttpProxy();
    t.after(() => proxy.close());
    const url = await secure(t, good());
    const tls = { ...SILENT, caFile: await written(authority.cert) };
    const dialer = dialled(t, url, through(proxy.url.replace('//', '//ada:p%40ss@'), { tls }));
    assert.equal(await ask(dialer), 'GET /mcp of tools.test by undefined');
    assert.deepEqual([proxy.asked, proxy.credentials], [[`CONNECT ${url.host}`], [`Basic ${btoa('ada:p@ss')}`]]);
  });

  test('a tunnel is kept and used again', async (t) => {
    const proxy = await startHttpProxy();
    t.after(() => proxy.close());
    const url = await secure(t, good());
    const dialer = dialled(t, url, through(proxy.url, { tls: { ...SILENT, caFile: await written(authority.cert) } }));
    for (let turn = 0; turn < 3; turn++) {
      await ask(dialer);
      // An answer is here a moment before its connection is free.
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    assert.equal(proxy.asked.length, 1);
  });

  test('the certificate behind a tunnel is judged as ever', async (t) => {
    const proxy = await startHttpProxy();
    t.after(() => proxy.close());
    const url = await secure(t, good({ hosts: ['other.test'] }));
    const tls = { ...SILENT, caFile: await written(authority.cert) };
    const asked = ask(dialled(t, url, through(proxy.url, { tls })));
    await assert.rejects(asked, (error) => codeOf(error) === 'ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test('http is asked of the proxy itself, by the whole address', async (t) => {
    const proxy = await startHttpProxy();
    t.after(() => proxy.close());
    const url = new URL(`http://tools.test:${await listening(t, createPlain(answer))}/mcp`);
    const dialer = dialled(t, url, through(proxy.url.replace('//', '//ada@')));
    assert.equal(await ask(dialer, '/mcp?a=1'), 'GET /mcp?a=1 of tools.test by undefined');
    assert.deepEqual([proxy.asked, proxy.credentials], [[`GET ${url.origin}/mcp?a=1`], [`Basic ${btoa('ada:')}`]]);
  });

  test('that speaks TLS its certificate is judged, too', async (t) => {
    const proxy = await startHttpProxy({ tls: good({ by: undefined }) });
    t.after(() => proxy.close());
    const asked = ask(dialled(t, await secure(t, good()), through(proxy.url)));
    await assert.rejects(asked, saying(/^The proxy https:\S+ cannot be used \(DEPTH_ZERO_SELF_SIGNED_CERT\)\.$/));
    assert.deepEqual(proxy.asked, []);
  });

  test('that refuses, the proxy and its status are named, and nobody is asked directly', async (t) => {
    const proxy = await startHttpProxy({ refuses: 403 });
    t.after(() => proxy.close());
    const asked = ask(dialled(t, await secure(t, good()), through(proxy.url)));
    await assert.rejects(asked, saying(/^The proxy http:\S+ refuses tools\.test:\d+ \(status 403\)\.$/));
    assert.equal(proxy.asked.length, 1);
  });

  test('that is not there, it is named', async (t) => {
    const proxy = await startHttpProxy();
    await proxy.close();
    const asked = ask(dialled(t, await secure(t, good()), through(proxy.url)));
    await assert.rejects(asked, saying(/^The proxy http:\S+ cannot be used \(ECONNREFUSED\)\.$/));
  });

  test('that does not answer, the time for connecting is all there is', async (t) => {
    const proxy = await startHttpProxy({ silent: true });
    t.after(() => proxy.close());
    const asked = ask(dialled(t, await secure(t, good()), through(proxy.url, { connectTimeoutMs: 50 })));
    await assert.rejects(asked, (error) => codeOf(error) === 'UND_ERR_CONNECT_TIMEOUT');
  });

  test('that does not answer, closing does not wait', async (t) => {
    const proxy = await startHttpProxy({ silent: true });
    t.after(() => proxy.close());
    const dialer = dialled(t, await secure(t, good()), through(proxy.url));
    const asked = ask(dialer);
    while (proxy.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await dialer.close();
    await assert.rejects(asked, (error) => codeOf(error) === 'UND_ERR_DESTROYED');
  });

  for (const scheme of ['http', 'https']) {
    test(`that cannot be used, ${scheme} goes nowhere`, async (t) => {
      const dialer = dialled(t, new URL(`${scheme}://tools.test/`), { proxy: { unusable: 'HTTPS_PROXY is wrong' } });
      await assert.rejects(ask(dialer), saying(/^HTTPS_PROXY is wrong\.$/));
    });
  }
});
