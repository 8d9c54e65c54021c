import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { describe, test } from 'node:test';
import { codeThrown, limitsWith, madeSnapshot } from '../../../test/rig/made.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { checkHead, checkHost, checkOrigin } from './head.ts';

interface Head {
  readonly url?: string;
  readonly fields?: readonly [string, string][];
  readonly address?: string;
  readonly port?: number;
  readonly encrypted?: boolean;
}

/** A request as node:http gives it to a listener. */
function requestOf({
  url = '/mcp',
  fields = [['Host', 'localhost:9000']],
  address = '127.0.0.1',
  port = 9000,
  encrypted,
}: Head) {
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) headers[name.toLowerCase()] ??= value;
  const socket = { localAddress: address, localPort: port, encrypted };
  return { url, headers, rawHeaders: fields.flat(), socket, httpVersionMinor: 1 } as unknown as IncomingMessage;
}

const snapshot = madeSnapshot([], { limits: limitsWith({ headerCountMax: 20, urlBytesMax: 1_024 }) });
const many = (count: number) => Array.from({ length: count - 1 }, (_, at): [string, string] => [`x-${at}`, 'v']);
const HOST: [string, string] = ['Host', 'localhost:9000'];

describe('the head of a request', () => {
  const rows: [string, Head, string][] = [
    ['passes when it is plain', {}, 'nothing'],
    ['may have as many fields as allowed', { fields: [HOST, ...many(20)] }, 'nothing'],
    ['may not have one more', { fields: [HOST, ...many(21)] }, 'head_too_large'],
    ['may have a target as long as allowed', { url: `/${'a'.repeat(1_023)}` }, 'nothing'],
    ['may not have one longer', { url: `/${'a'.repeat(1_024)}` }, 'url_too_long'],
    ['may not have an absolute target', { url: 'http://localhost:9000/mcp' }, 'target_refused'],
    ['may not have a target for the whole server', { url: '*' }, 'target_refused'],
    ['may not be without Host', { fields: [] }, 'target_refused'],
    ['may not have two Hosts', { fields: [HOST, ['host', 'localhost:9000']] }, 'target_refused'],
    [
      'may not have two credentials',
      { fields: [HOST, ['Authorization', 'a'], ['AUTHORIZATION', 'b']] },
      'target_refused',
    ],
    ['may not have two Origins', { fields: [HOST, ['Origin', 'a'], ['origin', 'a']] }, 'target_refused'],
    ['may not have two types', { fields: [HOST, ['Content-Type', 'a'], ['content-type', 'a']] }, 'target_refused'],
    [
      'may not have two sessions',
      { fields: [HOST, ['Mcp-Session-Id', 'a'], ['mcp-session-id', 'b']] },
      'target_refused',
    ],
    [
      'may have two fields of another name, as long as one that is single',
      { fields: [HOST, ['Fost', 'a'], ['Fost', 'b']] },
      'nothing',
    ],
    ['may not ask for another protocol', { fields: [HOST, ['Upgrade', 'websocket']] }, 'target_refused'],
  ];
  for (const [what, head, code] of rows)
    test(what, () =>
      assert.equal(
        codeThrown(() => checkHead(requestOf(head), snapshot)),
        code,
      ),
    );
});

const outside: Partial<Snapshot> = {
  publicUrl: 'https://gw.example/base',
  allowedHosts: ['Alias.Example', 'other.example:8443'],
  allowedOrigins: ['https://App.example'],
};

describe('a host is ours', () => {
  const rows: [string, string | undefined, Head, boolean, Partial<Snapshot>?][] = [
    ['as localhost with our port, on loopback', 'localhost:9000', {}, true],
    ['in any case', 'LOCALHOST:9000', {}, true],
    ['as the address of the socket', '127.0.0.1:9000', {}, true],
    ['as any name of loopback', '[::1]:9000', {}, true],
    ['as another address of loopback only when the socket has it', '127.0.0.2:9000', {}, false],
    ['as that address when the socket has it', '127.0.0.2:9000', { address: '127.0.0.2' }, true],
    ['as an address of version 4 on a socket of version 6', '10.0.0.1:9000', { address: '::ffff:10.0.0.1' }, true],
    ['as an address of version 6, in brackets', '[fd00::1]:9000', { address: 'fd00::1' }, true],
    ['not as localhost when the socket is none of loopback', 'localhost:9000', { address: '10.0.0.1' }, false],
    ['not with another port', 'localhost:1', {}, false],
    ['not without the port', 'localhost', {}, false],
    ['without the port when that is 80', '10.0.0.1', { address: '10.0.0.1', port: 80 }, true],
    ['without the port as localhost when that is 80', 'localhost', { port: 80 }, true],
    [
      'not without the port 80 where TLS is spoken',
      '10.0.0.1',
      { address: '10.0.0.1', port: 80, encrypted: true },
      false,
    ],
    ['without the port 443 where TLS is spoken', '10.0.0.1', { address: '10.0.0.1', port: 443, encrypted: true }, true],
    ['not without the port 443 where it is not', '10.0.0.1', { address: '10.0.0.1', port: 443 }, false],
    ['as a link-local address without its zone', '[fe80::1]:9000', { address: 'fe80::1%eth0' }, true],
    ['not under a name that resolves to us: that is rebinding', 'evil.test:9000', {}, false],
    ['not under a name that begins like ours', '127.0.0.1.evil.test:9000', {}, false],
    ['not with a blank or a user in it', 'evil@localhost:9000', {}, false],
    ['not when it is empty', '', {}, false],
    ['not when there is none', undefined, {}, false],
    ['as the public URL says', 'gw.example', {}, true, outside],
    ['as the public URL says, with the port of its scheme', 'gw.example:443', {}, true, outside],
    ['not as the public URL with the port of another scheme', 'gw.example:80', {}, false, outside],
    ['not as the public URL with another port', 'gw.example:9000', {}, false, outside],
    ['as an allowed name, with or without our port', 'alias.example:9000', {}, true, outside],
    ['as an allowed name without it', 'alias.example', {}, true, outside],
    ['as an allowed name with its own port', 'other.example:8443', {}, true, outside],
    ['not as that name with our port', 'other.example:9000', {}, false, outside],
  ];
  for (const [what, host, head, ours, change = {}] of rows) {
    test(what, () => {
      const fields: Head['fields'] = host === undefined ? [] : [['Host', host]];
      const run = () => checkHost(requestOf({ ...head, fields }), madeSnapshot([], change));
      assert.equal(codeThrown(run), ours ? 'nothing' : 'host_refused');
    });
  }
});

describe('a page may call us', () => {
  const rows: [string, string | undefined, boolean, Partial<Snapshot>?, Head?][] = [
    ['when there is none', undefined, true],
    ['when it is our own on loopback', 'http://localhost:9000', true],
    ['not from another port of this machine', 'http://localhost:3000', false],
    ['not from our port with another scheme', 'https://localhost:9000', false],
    ['when it is our own and TLS is spoken', 'https://localhost:9000', true, {}, { encrypted: true }],
    ['not over http where TLS is spoken', 'http://localhost:9000', false, {}, { encrypted: true }],
    ['without the port of its scheme', 'https://localhost', true, {}, { encrypted: true, port: 443 }],
    ['from an allowed host where TLS is spoken', 'https://alias.example:9000', true, outside, { encrypted: true }],
    ['not from anywhere else', 'http://evil.test', false],
    ['not from a name that begins like ours', 'http://localhost.evil.test:9000', false],
    ['not from nowhere', 'null', false],
    ['not from an empty origin', '', false],
    ['from the public URL', 'https://gw.example', true, outside],
    ['not from the public URL over another scheme', 'http://gw.example', false, outside],
    ['from an allowed host on our own listener', 'http://alias.example:9000', true, outside],
    ['not from another listener of an allowed host', 'http://alias.example', false, outside],
    ['not from an allowed host with a port that is not ours', 'http://other.example:8443', false, outside],
    ['from an allowed origin', 'https://app.example', true, outside],
    ['not from an allowed origin over another scheme', 'http://app.example', false, outside],
  ];
  for (const [what, origin, may, change = {}, head = {}] of rows) {
    test(what, () => {
      const fields: Head['fields'] = [HOST, ...(origin === undefined ? [] : [['Origin', origin] as [string, string]])];
      const run = () => checkOrigin(requestOf({ ...head, fields }), madeSnapshot([], change));
      assert.equal(codeThrown(run), may ? 'nothing' : 'host_refused');
    });
  }
});
