/*
 * `gatewright stdio --url URL`: a client that can only start a program, led to an address.
 *
 * What goes wrong is said on stderr, once, until it goes well; the client is told with the answer to each request. The
 * relay does not give up by itself, so that a gateway which starts later, or again, is found.
 */
import { Agent, validateHeaderName, validateHeaderValue } from 'node:http';
import { Agent as SecureAgent } from 'node:https';
import type { Trouble } from '../client/courier.ts';
import type { Address } from '../client/exchange.ts';
import { relay } from '../client/relay.ts';
import { type Environment, expandText } from '../config/expand.ts';
import { type Desk, optionOf } from './desk/desk.ts';
import { Failure } from './desk/failure.ts';
import type { CliIo } from './io.ts';
import { plain } from './terminal.ts';
import { EXIT } from './usage.ts';
import { versionText } from './version.ts';

export async function stdioAtUrl(endpoint: string, desk: Desk): Promise<number> {
  const { run, io, signal } = desk;
  if (run.values.has('config'))
    throw usage('--url leads to another gateway, which has a file of its own: leave --config out.');
  const url = addressOf(optionOf(desk, 'url') ?? '', endpoint);
  const headers = headersOf(run.lists.get('header') ?? [], io.env);
  warnOfOpenWire(url, headers, io);
  const agent = url.protocol === 'https:' ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true });
  const address: Address = { origin: new URL(url.origin), headers, agent };
  const clientInfo = { name: 'gatewright', version: versionText() };
  const say = sayer(io);
  const reached = await relay({
    ...{ address, path: `${url.pathname}${url.search}`, clientInfo, signal },
    ...io.pipes(),
    onTrouble: (trouble) => say(`${trouble.message}${HINTS[trouble.about]}`),
  });
  return reached ? EXIT.ok.code : EXIT.failed.code;
}

const HINTS: Readonly<Record<Trouble['about'], string>> = {
  address: '',
  call: '',
  certificate: ' NODE_EXTRA_CA_CERTS=FILE names the authorities that are trusted besides.',
  credentials: ` Give a token with --header 'Authorization: Bearer \${TOKEN}'.`,
};

/** The same again is no news. */
function sayer(io: CliIo): (line: string) => void {
  let last = '';
  return (line) => {
    if (line !== last) io.err(`gatewright: ${plain(line)}\n`);
    last = line;
  };
}

/** Throws `Failure`. */
function addressOf(text: string, endpoint: string): URL {
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  if (!url) throw usage('--url must begin with http:// or https://.');
  if (url.username !== '' || url.password !== '') throw usage('Put credentials into --header, not into --url.');
  if (url.pathname === '/' && url.search === '') url.pathname = '/mcp';
  if (endpoint === '') return url;
  if (!/^[a-z0-9-]{1,64}$/.test(endpoint))
    throw new Failure(`There is no endpoint "${plain(endpoint)}".`, EXIT.unknown.code);
  if (!url.pathname.endsWith('/mcp')) throw usage('--url has a path already: name the endpoint in one of the two.');
  url.pathname += `/${endpoint}`;
  return url;
}

/** Those that say what a request is, and are made for each. */
const OWN = /^(?:accept|connection|content-.*|expect|host|keep-alive|mcp-.*|te|trailer|transfer-encoding|upgrade)$/i;

/** Throws `Failure`, without the value: it may be a secret. */
function headersOf(fields: readonly string[], env: Environment): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const [, name = '', text = ''] = /^([^:]+):[ \t]*(.*)$/s.exec(field) ?? [];
    const value = expandText(text, env);
    const key = name.toLowerCase();
    const named = `--header "${plain(name || '…')}"`;
    if (!isHeader(name, '')) throw usage("--header is written as --header 'Name: value'.");
    if (!value.ok) throw usage(`${named}: ${value.say}`);
    if (!isHeader(name, value.text) || value.text === '') throw usage(`${named} has no value that can be sent.`);
    if (OWN.test(name)) throw usage(`${named} is made for each request and cannot be set.`);
    if (Object.hasOwn(headers, key)) throw usage(`${named} is given twice.`);
    headers[key] = value.text;
  }
  return headers;
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

/** Only what is on this machine needs no TLS. */
function warnOfOpenWire({ protocol, hostname }: URL, headers: Readonly<Record<string, string>>, io: CliIo): void {
  const isHere = hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
  if (protocol === 'https:' || isHere || Object.keys(headers).length === 0) return;
  io.err('warning: With http:// the credentials in --header can be read by others on the way.\n');
}

function usage(say: string): Failure {
  return new Failure(say, EXIT.usage.code);
}
