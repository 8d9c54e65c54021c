/*
 * Bad bodies at the doors beside MCP over HTTP: posted to a stream of HTTP+SSE, as lines of a pipe, and over the operator's
 * socket. The same message is bad everywhere, it is said so in the same words, and nothing of it reaches a server.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { at, parseObject } from '../rig/json-rpc.ts';
import { LineClient } from '../rig/line-client.ts';
import { RawConnection } from '../rig/raw-request.ts';
import { startScripted } from '../rig/scripted-upstream.ts';
import { GOOD, NO_JSON, NO_MESSAGE, type Row } from './bad-bodies.ts';
import { openStage, placeOf } from './stage.ts';

const MESSAGE =
  '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{"n":1},"_meta":{"mark":1}}}';
const PING = '{"jsonrpc":"2.0","id":"own","method":"ping"}';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-doors-'));
const up = await startScripted({ revision: '2025-11-25', transport: 'http' });
const stage = await openStage({ old: up }, { gateway: { env: { GATEWRIGHT_DATA_DIR: join(folder, 'data') } } });
after(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});
const calls = () => up.received.of('tools/call');

interface Door {
  /** Sends a message; gives what was said about it: the answer to the request, or the refusal. */
  readonly say: (body: string | Buffer) => Promise<unknown>;
  readonly close?: () => unknown;
}
const PIPE = 'a pipe';

const DOORS: Readonly<Record<string, () => Promise<Door>>> = {
  'HTTP+SSE': async () => {
    const client = await stage.sse('old');
    const { pathname, search } = new URL(client.endpoint);
    const connection = await RawConnection.open(stage.gateway.port);
    const headers = [['Content-Type', 'application/json']] as const;
    return {
      say: async (body) => {
        const seen = client.stream?.events.length ?? 0;
        const posted = await connection.send({ path: pathname + search, headers, body });
        if (posted.status !== 202) return parseObject(posted.body);
        const stream = client.stream;
        while ((stream?.events.length ?? 0) === seen) await new Promise(setImmediate);
        return parseObject(stream?.events.at(-1)?.data ?? '');
      },
      close: () => connection.close(),
    };
  },
  [PIPE]: async () => {
    const file = join(folder, 'pipe.json');
    writeFileSync(file, JSON.stringify({ servers: { old: placeOf(up) } }));
    const client = new LineClient(['old', '--config', file, '--data-dir', join(folder, 'own')]);
    await client.initialize();
    return {
      say: async (body) => {
        const seen = client.said.length;
        client.write(Buffer.concat([Buffer.from(body), Buffer.from('\n')]));
        while (client.said.length === seen) await new Promise((resolve) => client.child.stdout.once('data', resolve));
        return client.said.at(-1);
      },
      close: () => client.end(),
    };
  },
  'the operator’s socket': async () => {
    const [instance = ''] = readdirSync(join(folder, 'data', 'gateways'));
    const socketPath = join(folder, 'data', 'gateways', instance, 'socket');
    const session: Record<string, string> = {};
    const post = (body: string | Buffer): Promise<unknown> => {
      const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...session };
      return new Promise((resolve, reject) => {
        const sending = request({ socketPath, path: '/mcp/old', method: 'POST', headers }, async (response) => {
          session['mcp-session-id'] ??= String(response.headers['mcp-session-id'] ?? '');
          resolve(parseObject(Buffer.concat(await response.toArray()).toString()));
        });
        sending.on('error', reject).end(body);
      });
    };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'raw', version: '1' } };
    await post(JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params }));
    return { say: post };
  },
};

for (const [name, open] of Object.entries(DOORS)) {
  describe(`at ${name}`, () => {
    let door: Door;
    // On a pipe a line is a message, so some of these are several, or none.
    const isSayable = ([, spoil]: Row) => name !== PIPE || /^(?=.*\S)[^\r\n]+$/.test(spoil(MESSAGE).toString());

    before(async () => {
      door = await open();
    });
    after(() => door.close?.());

    const refuses = (rows: readonly Row[], code: number) => {
      for (const [title, spoil] of rows.filter(isSayable)) {
        it(`${code} is said of a message with this: ${title}`, async () => {
          const reached = calls().length;
          const said = await door.say(spoil(MESSAGE));
          assert.equal(at(said, 'error', 'code'), code, JSON.stringify(said));
          assert.ok([undefined, null, 7].includes(at(said, 'id') as number), JSON.stringify(said));
          assert.deepEqual(at(await door.say(PING), 'result'), {});
          assert.equal(calls().length, reached, 'a server saw something');
        });
      }
    };
    refuses(NO_JSON, -32700);
    refuses(NO_MESSAGE, -32600);

    for (const [title, spoil] of GOOD.filter(isSayable)) {
      it(`the server gets a message with this as it was sent: ${title}`, async () => {
        const body = String(spoil(MESSAGE));
        const said = await door.say(body);
        assert.ok(at(said, 'result'), JSON.stringify(said));
        const sent = `"arguments":${/"arguments":(.*),"_meta"/s.exec(body)?.[1]}`;
        assert.ok(calls().at(-1)?.body.includes(sent), sent);
      });
    }
  });
}
