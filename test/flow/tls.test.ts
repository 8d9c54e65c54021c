/*
 * A listener that speaks TLS: what it serves and refuses, and that its certificate changes without a connection being lost.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { type Certificate, makeAuthority, makeCertificate } from '../rig/certificates.ts';
import { cli } from '../rig/cli.ts';
import { dataFolder } from '../rig/data-folder.ts';
import { at, parseObject } from '../rig/json-rpc.ts';
import { RawConnection } from '../rig/raw-request.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { openStage } from './stage.ts';

const folder = await mkdtemp(join(tmpdir(), 'gatewright-tls-'));
after(() => rm(folder, { recursive: true }));
const ca = makeAuthority('the authority of this test');
const serial = (name: string) => makeCertificate({ name, hosts: ['localhost', '127.0.0.1'], by: ca });
const paths = { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') };

async function place({ cert, key }: Certificate): Promise<void> {
  for (const [path, text] of [
    [paths.certFile, cert],
    [paths.keyFile, key],
  ] as const) {
    await writeFile(`${path}.new`, text, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
}

await place(serial('first'));
const stage = await openStage(
  { new: await startScripted({ revision: MODERN, transport: 'http' }) },
  { config: { listen: { tls: paths }, limits: { headTimeoutMs: 2_000 } }, gateway: { args: ['--log-level', 'info'] } },
);
after(() => stage.close());
const { gateway } = stage;

interface Answer {
  readonly head: IncomingMessage;
  readonly text: string;
  readonly shown: string;
  readonly ownPort: number | undefined;
}

async function sent(options: RequestOptions, body = ''): Promise<Answer> {
  const sending = request({ host: '127.0.0.1', servername: 'localhost', port: gateway.port, ca: ca.cert, ...options });
  sending.end(body);
  const [head] = (await once(sending, 'response')) as [IncomingMessage];
  const socket = head.socket as TLSSocket;
  const [shown, ownPort] = [String(socket.getPeerCertificate().subject.CN), socket.localPort];
  return { head, shown, ownPort, text: Buffer.concat(await head.toArray()).toString() };
}

const ENVELOPE = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientCapabilities': {},
};
const CALL = JSON.stringify({
  ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
  params: { name: 'echo', arguments: { n: 1 }, _meta: ENVELOPE },
});
const HEADERS = {
  ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
  ...{ 'mcp-protocol-version': MODERN, 'mcp-method': 'tools/call', 'mcp-name': 'echo' },
};
const called = (more: object = {}, options: RequestOptions = {}) =>
  sent({ method: 'POST', path: '/mcp/new', headers: { ...HEADERS, ...more }, ...options }, CALL);

describe('a listener with a certificate', () => {
  it('says https wherever it says its address', async () => {
    assert.equal(gateway.url, `https://127.0.0.1:${gateway.port}`);
    const listening = await gateway.until((line) => line.event === 'listening');
    assert.equal(listening.endpoint, `${gateway.url}/mcp`);
  });

  it('serves the calls of clients that trust its authority', async () => {
    const { head, text } = await called();
    assert.equal(head.statusCode, 200, text);
    assert.ok(at(parseObject(text), 'result'), text);
  });

  it('takes pages of its own only when these came over TLS', async () => {
    const rows = [
      [`https://127.0.0.1:${gateway.port}`, 200],
      [`https://localhost:${gateway.port}`, 200],
      [`http://127.0.0.1:${gateway.port}`, 403],
      ['https://localhost', 403],
    ] as const;
    for (const [origin, status] of rows) {
      const { head } = await called({ origin });
      assert.equal(head.statusCode, status, origin);
      assert.equal(head.headers['access-control-allow-origin'], status === 200 ? origin : undefined);
    }
    assert.equal((await called({ host: 'evil.test' })).head.statusCode, 403);
  });

  it('tells whoever speaks plain HTTP nothing', async () => {
    const socket = connectPlain(gateway.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`GET /live HTTP/1.1\r\nHost: 127.0.0.1:${gateway.port}\r\n\r\n`);
    const got = await socket.toArray().catch(() => []);
    assert.ok(!Buffer.concat(got).includes('HTTP'));
  });

  it('speaks no version before 1.2, and 1.2 and 1.3', async () => {
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await assert.rejects(greeted(old), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await greeted({ minVersion: version, maxVersion: version });
      assert.equal(socket.getProtocol(), version);
      socket.destroy();
    }
  });

  it('refuses heads that can be read in two ways as any other does', async () => {
    const socket = await greeted({});
    const host = `Host: 127.0.0.1:${gateway.port}\r\n`;
    socket.write(`POST /mcp HTTP/1.1\r\n${host}${host}Content-Length: 0\r\n\r\n`);
    assert.match(Buffer.concat(await socket.toArray()).toString(), /^HTTP\/1\.1 400 /);
  });

  it('lets go of whoever does not finish the greeting, or does not begin it', async () => {
    const said = async (begun: string): Promise<string> => {
      const connection = await RawConnection.open(gateway.port);
      connection.write(Buffer.from(begun, 'hex'));
      await connection.closed();
      return connection.received();
    };
    assert.deepEqual(await Promise.all([said('160301020001000001fc0303'), said('')]), ['', '']);
    assert.equal((await called()).head.statusCode, 200);
  });
});

async function greeted(options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: gateway.port, ca: ca.cert, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

async function shownName(): Promise<string> {
  const socket = await greeted({});
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

describe('when the files change', () => {
  it('new connections see the new certificate, and those that are open go on', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: ca.cert });
    after(() => agent.destroy());
    const before = await called({}, { agent });
    assert.equal(await shownName(), 'first');
    await place(serial('second'));
    while ((await shownName()) !== 'second') await setTimeout(100);
    const later = await called({}, { agent });
    assert.deepEqual([later.head.statusCode, later.ownPort, later.shown], [200, before.ownPort, 'first']);
  });

  it('a pair that does not fit is not used, and the log says why', async () => {
    await writeFile(paths.keyFile, serial('another').key);
    const said = () =>
      gateway
        .stderr()
        .split('\n')
        .find((line) => line.includes('does not belong to the first'));
    while (said() === undefined) await setTimeout(100);
    assert.ok(!gateway.stderr().includes('PRIVATE KEY'));
    assert.equal(await shownName(), 'second');
    await place(serial('third'));
    while ((await shownName()) !== 'third') await setTimeout(100);
    assert.equal((await called()).head.statusCode, 200);
  });
});

describe('a start without a usable certificate', () => {
  const rows: readonly (readonly [string, () => Promise<void>, RegExp])[] = [
    ['a file that is not there', () => rm(paths.certFile), /listen\.tls\.certFile: \S+ does not exist/],
    ['a key of another', () => writeFile(paths.keyFile, serial('x').key), /does not belong to the first certificate/],
    ['a key that is none', () => writeFile(paths.keyFile, 'nothing'), /keyFile: \S+ holds no private key/],
  ];
  for (const [what, spoil, says] of rows) {
    it(`fails for ${what}, says what to do, and leaves nothing behind`, async () => {
      await place(serial('whole'));
      await spoil();
      const file = join(folder, 'gatewright.json');
      await writeFile(
        file,
        JSON.stringify({ servers: {}, listen: { tls: { certFile: 'cert.pem', keyFile: 'key.pem' } } }),
      );
      const env = dataFolder();
      const { code, err } = await cli(['serve', '--config', file, '--port', '0'], { env });
      assert.equal(code, 1, err);
      assert.match(err, says);
      await assert.rejects(readFile(join(env.GATEWRIGHT_DATA_DIR, 'gateways')), { code: 'ENOENT' });
    });
  }
});
