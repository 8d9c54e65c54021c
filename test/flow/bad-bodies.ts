/*
 * Bodies that are no good, and some that only look like it (security vectors A-T12). Each spoils the good message that it is
 * given, which calls `echo` with the id 7 and `{"n":1}`; the stories take them to every door.
 */
import type { Expected } from './bad-input.ts';

export type Spoil = (message: string) => string | Buffer;
export type Row = readonly [title: string, spoil: Spoil];

export const MALFORMED: Expected = [400, -32700];
export const INVALID: Expected = [400, -32600];

const swap =
  (from: string | RegExp, to: string): Spoil =>
  (message) =>
    message.replace(from, () => to);
const argument = (text: string): Spoil => swap('{"n":1}', text);
const id = (text: string): Spoil => swap('"id":7', `"id":${text}`);
const bytes =
  (hex: string): Spoil =>
  (message) => {
    const at = message.indexOf('{"n":1}') + '{"'.length;
    return Buffer.concat([Buffer.from(message.slice(0, at)), Buffer.from(hex, 'hex'), Buffer.from(message.slice(at))]);
  };
const nested = (levels: number): Spoil => argument(`{"n":${'['.repeat(levels)}${']'.repeat(levels)}}`);
/** Message, params and arguments are three levels already. */
const LEVELS_LEFT = 64 - 3;

export const NO_JSON: readonly Row[] = [
  ['nothing at all', () => ''],
  ['blanks alone', () => ' \r\n\t'],
  ['the last byte is missing', (message) => message.slice(0, -1)],
  ['a string does not end', (message) => message.slice(0, message.indexOf('echo') + 2)],
  ['two documents', (message) => message + message],
  ['something after the document', (message) => `${message} x`],
  ['a byte order mark', (message) => `\ufeff${message}`],
  ['a block comment', (message) => message.replace('{', '{/* hello */')],
  ['a line comment', (message) => `${message}\n// hello`],
  ['NaN', argument('{"n":NaN}')],
  ['Infinity', argument('{"n":-Infinity}')],
  ['a plus sign', argument('{"n":+1}')],
  ['a leading zero', argument('{"n":01}')],
  ['a trailing comma', argument('{"n":1,}')],
  ['single quotes', argument("{'n':1}")],
  ['a key without quotes', argument('{n:1}')],
  ['a line break in a string', argument('{"n":"a\nb"}')],
  ['a NUL in a string', bytes('00')],
  ['a bad escape', argument('{"n":"\\x41"}')],
  ['a Latin-1 byte', bytes('e9')],
  ['an overlong spelling of a slash', bytes('c0af')],
  ['a surrogate written in UTF-8', bytes('eda080')],
  ['a form and no JSON', () => 'jsonrpc=2.0&method=tools/call'],
];

export const NO_MESSAGE: readonly Row[] = [
  ['method twice', swap('"method":', '"method":"tools/list","method":')],
  ['method twice, once escaped', swap('"method":', '"m\\u0065thod":"tools/list","method":')],
  ['id twice', swap('"id":7', '"id":7,"id":8')],
  ['params twice', swap('"params":', '"params":{},"params":')],
  ['a key twice in arguments', argument('{"n":1,"n":2}')],
  ['a key twice deep in arguments', argument('{"n":[{"a":{"b":1,"b":1}}]}')],
  ['a key twice in arguments, once escaped', argument('{"n":1,"\\u006e":2}')],
  ['Method beside method', swap('"method":', '"Method":"tools/list","method":')],
  ['Method instead of method', swap('"method":', '"Method":')],
  ['paramS beside params', swap('"params":', '"paramS":{},"params":')],
  ['Params beside params', swap('"params":', '"Params":{},"params":')],
  ['Name beside name', swap('"params":{', '"params":{"Name":"x",')],
  ['a long s in arguments of params', swap('"params":{', '"params":{"argument\u017f":{},')],
  ['__proto__ at the top', swap('"id":7', '"id":7,"__proto__":{}')],
  ['__proto__ in params', swap('"params":{', '"params":{"__proto__":{"name":"x"},')],
  ['__proto__ in params, escaped', swap('"params":{', '"params":{"\\u005f_proto__":{"name":"x"},')],
  ['__proto__ in _meta', swap('"_meta":{', '"_meta":{"__proto__":{},')],
  ['a further member at the top', swap('"id":7', '"id":7,"extra":1')],
  ['a result beside the method', swap('"id":7', '"id":7,"result":{}')],
  ['an error beside the method', swap('"id":7', '"id":7,"error":{"code":1,"message":"x"}')],
  ['an escaped lone high surrogate', argument('{"n":"\\ud800"}')],
  ['an escaped lone low surrogate', argument('{"n":"\\udc00x"}')],
  ['an escaped NUL in a string', argument('{"n":"\\u0000"}')],
  ['depth 65', nested(LEVELS_LEFT + 1)],
  ['depth 10 000', nested(10_000)],
  ['jsonrpc 1.0', swap('"2.0"', '"1.0"')],
  ['jsonrpc as a number', swap('"2.0"', '2.0')],
  ['no jsonrpc', swap('"jsonrpc":"2.0",', '')],
  ['no method', swap('"method":"tools/call",', '')],
  ['method as a number', swap('"tools/call"', '7')],
  ['params as an array', swap(/"params":.*$/, '"params":[]}')],
  ['params as null', swap(/"params":.*$/, '"params":null}')],
  ['id null', id('null')],
  ['id true', id('true')],
  ['id 1.5', id('1.5')],
  ['id 7.0', id('7.0')],
  ['id 1e999', id('1e999')],
  ['id -0', id('-0')],
  ['id 2^53 + 1', id('9007199254740993')],
  ['an id of 10 kB', id(`"${'x'.repeat(10_000)}"`)],
  ['an object as id', id('{"n":1}')],
  ['an array as id', id('[7]')],
  ['a string as the message', () => '"tools/call"'],
  ['a number as the message', () => '7'],
  ['null as the message', () => 'null'],
  ['an empty batch', () => '[]'],
  ['a batch in a batch', (message) => `[[${message}]]`],
  ['a batch with one bad message', (message) => `[${message},{"jsonrpc":"2.0"}]`],
];

/** What looks dangerous and is not: it has one reading, and the server gets it as it was sent. */
export const GOOD: readonly Row[] = [
  ['__proto__ in arguments', argument('{"__proto__":{"n":1}}')],
  ['constructor.prototype in arguments', argument('{"constructor":{"prototype":{"n":1}}}')],
  ['1e999 in arguments', argument('{"n":1e999}')],
  ['a number of forty digits', argument('{"n":1234567890123456789012345678901234567890}')],
  ['keys of the protocol in arguments', argument('{"id":1,"method":"x","Params":[],"jsonrpc":null}')],
  ['a pair of surrogates', argument('{"n":"\\ud83d\\ude00"}')],
  ['blanks everywhere', argument('{ \r\n\t"n" : 1 }')],
  ['depth 64', nested(LEVELS_LEFT)],
];
