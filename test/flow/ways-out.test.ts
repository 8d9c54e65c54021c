/*
 * Servers behind certificates of a private authority, and behind proxies (faults F24, F25): the real gateway, told by its file and
 * its environment, and what it says where it does not believe.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { makeAuthority, makeCertificate } from '../rig/certificates.ts';
import { startHttpProxy } from '../rig/http-proxy.ts';
import { textOf } from '../rig/raw-client.ts';
import { MODERN } from '../rig/scripted-script.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { startTlsFront } from '../rig/tls-front.ts';
import { openStage, type Stage } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-ways-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const HOSTS = ['127.0.0.1', 'tools.test'];
const first = makeAuthority('The first authority');
const second = makeAuthority('The second authority');
const by = (authority: typeof first, name = 'tools') => makeCertificate({ name, hosts: HOSTS, by: authority });

const modern = await startScripted({ revision: MODERN, transport: 'http' });
const older = await startScripted({ revision: '2024-11-05', transport: 'sse' });
after(() => Promise.all([modern.close(), older.close()]));

async function echoes(stage: Stage, server: string): Promise<boolean> {
  const { answer } = await stage.modern(server).call('tools/call', { name: 'echo', arguments: { text: 'through' } });
  return String(textOf(answer)).includes('through');
}

describe('servers with certificates of a private authority', async () => {
  const caFile = written('first.pem', first.cert);
  const rotated = written('rotated.pem', first.cert);
  const own = by(first, 'the gateway');
  const shows = { certFile: written('own.pem', own.cert), keyFile: written('own.key', own.key) };
  const plain = await startTlsFront(modern.port, by(first));
  const overSse = await startTlsFront(older.port, by(first));
  const asking = await startTlsFront(modern.port, { ...by(first), ca: first.cert, requestCert: true });
  const rotating = await startTlsFront(modern.port, by(first));
  const at = ({ port }: { port: number }, path = '/mcp') => ({ url: `https://127.0.0.1:${port}${path}` });
  const stage = await openStage(
    {},
    {
      others: {
        believed: { ...at(plain), caFile },
        stranger: at(plain),
        sse: { ...at(overSse, '/sse'), type: 'sse', caFile },
        asking: { ...at(asking), caFile, ...shows },
        rotating: { ...at(rotating), caFile: rotated },
        lost: { ...at(plain), caFile: join(folder, 'none.pem') },
      },
    },
  );
  after(async () => {
    await stage.close();
    for (const front of [plain, overSse, asking, rotating]) await front.close();
  });

  it('are believed where their entry names it', async () => {
    assert.ok(await echoes(stage, 'believed'));
    assert.ok(await echoes(stage, 'sse'));
  });

  it('are not believed where another entry names it, and the reason is said', async () => {
    const { reason } = await stage.server('stranger', 'down');
    assert.match(String(reason), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
  });

  it('are shown the certificate of the gateway', async () => {
    assert.ok(await echoes(stage, 'asking'));
    assert.equal(new Set(asking.shown).size, 1);
    assert.equal(asking.shown[0], 'the gateway');
  });

  it('are not reached while a file is missing, which is named', async () => {
    const { reason } = await stage.server('lost', 'down');
    assert.match(String(reason), /caFile .*none\.pem cannot be read \(ENOENT\)/);
  });

  it('may have it changed: what the file says then counts, without a restart', async () => {
    assert.ok(await echoes(stage, 'rotating'));
    const mark = stage.gateway.said.length;
    rotating.change(by(second));
    const { reason } = await stage.server('rotating', 'down', mark);
    assert.match(String(reason), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/);
    writeFileSync(rotated, second.cert);
    await stage.server('rotating', 'ready', mark);
    assert.ok(await echoes(stage, 'rotating'));
  });
});

describe('servers behind a proxy', () => {
  it('are reached through it, https by a tunnel, except those that NO_PROXY names', async (t) => {
    const proxy = await startHttpProxy();
    const secure = await startTlsFront(modern.port, by(first));
    const caFile = written('proxied.pem', first.cert);
    const address = proxy.url.replace('//', '//ada:s3cret-word@');
    const stage = await openStage(
      { direct: modern },
      {
        others: {
          secure: { url: `https://tools.test:${secure.port}/mcp`, caFile },
          plain: { url: `http://plain.test:${modern.port}/mcp` },
          sse: { url: `http://plain.test:${older.port}/sse`, type: 'sse' },
          excepted: { url: `http://excepted.test:${modern.port}/mcp`, connectTimeoutMs: 2_000 },
        },
        gateway: {
          args: ['--log-level', 'debug'],
          env: { HTTPS_PROXY: address, HTTP_PROXY: address, NO_PROXY: '.excepted.test' },
        },
      },
    );
    t.after(async () => {
      await stage.close();
      await proxy.close();
      await secure.close();
    });
    for (const server of ['secure', 'plain', 'sse', 'direct']) assert.ok(await echoes(stage, server), server);
    const asked = new Set(proxy.asked.map((line) => line.replace(/\?.*$/, '')));
    const own = (line: string) => line.includes(`:${modern.port}`) || line.includes(`:${secure.port}`);
    assert.deepEqual([...asked].filter(own).sort(), [
      `CONNECT tools.test:${secure.port}`,
      `POST http://plain.test:${modern.port}/mcp`,
    ]);
    assert.ok([...asked].some((line) => line === `GET http://plain.test:${older.port}/sse`));
    assert.deepEqual(new Set(proxy.credentials), new Set([`Basic ${btoa('ada:s3cret-word')}`]));
    assert.match(String((await stage.server('excepted', 'down')).reason), /ENOTFOUND|EAI_AGAIN|TIMEOUT/);
    const received = [modern, older].flatMap((server) =>
      server.received.all.map(({ rawHeaders }) => rawHeaders.join()),
    );
    assert.ok(
      received.every((fields) => !/proxy-/i.test(fields)),
      'what is for the proxy stays there',
    );
    assert.ok(!stage.gateway.stderr().includes('s3cret-word'));
  });

  it('are not reached directly when the proxy cannot be used', async (t) => {
    const before = modern.received.all.length;
    const stage = await openStage(
      {},
      {
        others: {
          socks: { url: `http://plain.test:${modern.port}/mcp` },
          refused: { url: 'https://tools.test/mcp' },
        },
        gateway: { env: { HTTP_PROXY: 'socks5://ada:s3cret-word@proxy.test', HTTPS_PROXY: 'http://127.0.0.1:1' } },
      },
    );
    t.after(() => stage.close());
    const [socks, refused] = [await stage.server('socks', 'down'), await stage.server('refused', 'down')];
    assert.match(String(socks.reason), /HTTP_PROXY must be the address of an http or https proxy/);
    assert.match(String(refused.reason), /The proxy http:\/\/127\.0\.0\.1:1 cannot be used \(ECONNREFUSED\)/);
    assert.equal(modern.received.all.length, before);
    assert.ok(!stage.gateway.stderr().includes('s3cret-word'));
  });
});
