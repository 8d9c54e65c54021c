/*
 * There is one way out (invariant I6): nobody but src/proxy/egress opens a connection to somewhere else.
 *
 * What reaches out is looked for by the names under which the runtime and undici give it. Types may be imported by
 * anybody. The exceptions are programs of the same user on the same machine, and each says so.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeLines } from './lexer.ts';
import { isTest, read, SOURCES } from './tree.ts';

/** Module → the names of it that open connections, send, or look names up; undefined for whatever it has. */
const OUTWARD: Readonly<Record<string, readonly string[] | undefined>> = {
  undici: undefined,
  'node:https': ['request', 'get', 'Agent', 'globalAgent'],
  'node:http2': undefined,
  'node:dgram': undefined,
  'node:dns': undefined,
  'node:dns/promises': undefined,
  'node:http': ['request', 'get', 'Agent', 'globalAgent', 'ClientRequest', 'WebSocket', 'EventSource'],
  'node:net': ['connect', 'createConnection', 'Socket', 'Stream'],
  'node:tls': ['connect', 'TLSSocket'],
};

const GLOBALS = /(?<![.\w#])(?:globalThis\.)?(?:fetch\(|new (?:WebSocket|EventSource|XMLHttpRequest)\()/;

/** File or folder → what it reaches, and why it is not for the dialer. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'src/proxy/egress/': 'is the one way out.',
  'src/proxy/upstream/http-failures.ts': 'tells the errors of undici apart; it opens nothing.',
  'src/client/exchange.ts':
    'is the command line, as a client: of the gateway on its socket, and of the address that its user has just typed (stdio --url).',
  'src/client/line-tunnel.ts': 'is the command line on the socket of a gateway of the same user.',
  'src/cli/stdio-url.ts': 'keeps the connections to the address that its user has typed.',
};

interface Reach {
  readonly path: string;
  readonly what: string;
}

const reaches = SOURCES.filter((path) => path.startsWith('src/') && !isTest(path)).flatMap(reachesOf);

test('nobody but the dialer opens connections, but for the exceptions', () => {
  const strays = reaches.filter(({ path }) => exceptionFor(path) === undefined);
  assert.deepEqual(
    strays.map(({ path, what }) => `${path}: ${what}`),
    [],
    'fetch by src/proxy/egress/fetch-once.ts, or dial by dial.ts',
  );
});

test('every exception is needed', () => {
  const needed = new Set(reaches.map(({ path }) => exceptionFor(path)));
  assert.deepEqual(
    Object.keys(EXCEPTIONS).filter((path) => !needed.has(path)),
    [],
  );
});

test('what reaches out is found in every way of writing it', () => {
  const rows: readonly [string, readonly string[]][] = [
    ["import { Pool } from 'undici';", ['undici']],
    ["import { type Dispatcher, Pool } from 'undici';", ['undici']],
    ["import type { Pool } from 'undici';", []],
    ["import { type Pool } from 'undici';", []],
    ["import * as net from 'node:net';", ['node:net']],
    ["import net from 'node:net';", ['node:net']],
    ["import { isIP } from 'node:net';", []],
    ["import { isIP, connect as open } from 'node:net';", ['node:net']],
    ["import type { Socket } from 'node:net';", []],
    ["import {\n  createServer,\n  request,\n} from 'node:http';", ['node:http']],
    ["import { createServer } from 'node:http';", []],
    ["const net = await import('node:net');", ['node:net']],
    ["const net = require('net');", ['node:net']],
    ["import { connect } from 'net';", ['node:net']],
    ["await fetch('x');", ['a global of the runtime']],
    ["await globalThis.fetch('x');", ['a global of the runtime']],
    ["await this.#parts.fetch('x');", []],
    ["new WebSocket('x');", ['a global of the runtime']],
  ];
  for (const [text, expected] of rows) assert.deepEqual(outwardIn(text), expected, text);
});

function reachesOf(path: string): Reach[] {
  return outwardIn(read(path)).map((what) => ({ path, what }));
}

function outwardIn(text: string): string[] {
  const found = codeLines(text).some((line) => GLOBALS.test(line)) ? ['a global of the runtime'] : [];
  for (const [, clause = '', specifier = ''] of text.matchAll(/^import\s+(?!type\s)([^'";]+?)\s+from\s+'([^']+)'/gm))
    if (isOutward(specifier, namesIn(clause))) found.push(named(specifier));
  for (const [, specifier = ''] of text.matchAll(/\b(?:import|require)\(\s*['"`]([^'"`]+)/g))
    if (isOutward(specifier, undefined)) found.push(named(specifier));
  return found;
}

/** The values that are imported; undefined for the whole module. */
function namesIn(clause: string): string[] | undefined {
  const [, list] = /^\{([\s\S]*)\}$/.exec(clause.trim()) ?? [];
  const each = list?.split(',').map((part) => part.trim());
  return each?.filter((part) => part !== '' && !part.startsWith('type ')).map((part) => part.split(/\s/)[0] ?? '');
}

function isOutward(specifier: string, names: readonly string[] | undefined): boolean {
  if (!(named(specifier) in OUTWARD)) return false;
  if (names === undefined) return true;
  const outward = OUTWARD[named(specifier)];
  return names.some((name) => outward === undefined || outward.includes(name));
}

function named(specifier: string): string {
  return specifier in OUTWARD || !(`node:${specifier}` in OUTWARD) ? specifier : `node:${specifier}`;
}

function exceptionFor(path: string): string | undefined {
  return Object.keys(EXCEPTIONS).find((start) => path.startsWith(start));
}
