/*
 * A second opinion on JSON-RPC messages, written to be obviously right and as slow as it likes.
 *
 * `JSON.parse` decides what is JSON; a tree that keeps every key and string as it was written decides the rest. It
 * shares no code with the scanners, so a case on which both agree is a case that two people read alike.
 */

export type Verdict = 'good' | 'json_malformed' | 'request_invalid' | 'depth_exceeded' | 'keys_exceeded' | 'batch';

export type Tree =
  | { kind: 'object'; members: { key: string; node: Tree }[] }
  | { kind: 'array'; items: Tree[] }
  | { kind: 'string'; raw: string }
  | { kind: 'other'; raw: string };

/** The tree of a text that `JSON.parse` has accepted. */
export function treeOf(text: string): Tree {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/gsu) ?? [];
  let at = 0;
  const node = (): Tree => {
    const token = tokens[at++] ?? '';
    if (token === '{') return objectNode();
    if (token === '[') return arrayNode();
    return token.startsWith('"') ? { kind: 'string', raw: token } : { kind: 'other', raw: token };
  };
  const objectNode = (): Tree => {
    const members: { key: string; node: Tree }[] = [];
    while (tokens[at] !== '}') {
      if (tokens[at] === ',') at++;
      const key = tokens[at] ?? '';
      at += 2;
      members.push({ key, node: node() });
    }
    at++;
    return { kind: 'object', members };
  };
  const arrayNode = (): Tree => {
    const items: Tree[] = [];
    while (tokens[at] !== ']') {
      if (tokens[at] === ',') at++;
      items.push(node());
    }
    at++;
    return { kind: 'array', items };
  };
  return node();
}

/** The value of a tree. Not `JSON.parse` of the whole: V8 may misread escaped keys there (nodejs/node#63785). */
function valueOfTree(tree: Tree): unknown {
  if (tree.kind === 'object') return Object.fromEntries(tree.members.map((m) => [plain(m.key), valueOfTree(m.node)]));
  return tree.kind === 'array' ? tree.items.map(valueOfTree) : JSON.parse(tree.raw);
}

/** What `JSON.parse` ought to give. */
export function parse(text: string): unknown {
  JSON.parse(text);
  return valueOfTree(treeOf(text));
}

const childrenOf = (tree: Tree): Tree[] =>
  tree.kind === 'object' ? tree.members.map((m) => m.node) : tree.kind === 'array' ? tree.items : [];

const depthOf = (tree: Tree): number =>
  tree.kind === 'object' || tree.kind === 'array' ? 1 + Math.max(0, ...childrenOf(tree).map(depthOf)) : 0;

const keysOf = (tree: Tree): string[] => [
  ...(tree.kind === 'object' ? tree.members.map((m) => m.key) : []),
  ...childrenOf(tree).flatMap(keysOf),
];

const stringsOf = (tree: Tree): string[] => [
  ...(tree.kind === 'string' ? [tree.raw] : []),
  ...(tree.kind === 'object' ? tree.members.map((m) => m.key) : []),
  ...childrenOf(tree).flatMap(stringsOf),
];

const plain = (raw: string): string => JSON.parse(raw) as string;

function hasTwins(tree: Tree): boolean {
  const keys = tree.kind === 'object' ? tree.members.map((m) => plain(m.key)) : [];
  return new Set(keys).size < keys.length || childrenOf(tree).some(hasTwins);
}

const member = (tree: Tree | undefined, key: string): Tree | undefined =>
  tree?.kind === 'object' ? tree.members.find((m) => plain(m.key) === key)?.node : undefined;

const keysAt = (tree: Tree | undefined): string[] =>
  tree?.kind === 'object' ? tree.members.map((m) => plain(m.key)) : [];

/** Names of params in every revision that a client may write, as the specification's schemas list them. */
const PARAMS_NAMES =
  '_meta argument arguments capabilities clientInfo context cursor inputResponses level message name notifications progress progressToken protocolVersion reason ref requestId requestState task taskId total uri'.split(
    ' ',
  );

const fold = (key: string): string =>
  key
    .replace(/[A-Z]/g, (c) => c.toLowerCase())
    .replaceAll('\u017f', 's')
    .replaceAll('\u212a', 'k');

const isLookalike = (key: string): boolean =>
  !PARAMS_NAMES.includes(key) && PARAMS_NAMES.some((name) => fold(name) === fold(key));

function isGoodId(id: Tree): boolean {
  if (id.kind === 'string') return Buffer.byteLength(id.raw) - 2 <= 1024;
  return id.kind === 'other' && /^(0|-?[1-9]\d*)$/.test(id.raw) && Number.isSafeInteger(Number(id.raw));
}

function isGoodShape(top: Tree): boolean {
  const keys = keysAt(top).sort().join();
  const id = member(top, 'id');
  const version = member(top, 'jsonrpc');
  if (version?.kind !== 'string' || version.raw !== '"2.0"' || (id && !isGoodId(id))) return false;
  if (keys === 'error,id,jsonrpc') return member(top, 'error')?.kind === 'object';
  if (keys === 'id,jsonrpc,result') return member(top, 'result')?.kind === 'object';
  if (!/^(id,)?jsonrpc,method(,params)?$/.test(keys)) return false;
  const params = member(top, 'params');
  return member(top, 'method')?.kind === 'string' && (params === undefined || params.kind === 'object');
}

function hasForbiddenKey(top: Tree): boolean {
  const params = keysAt(member(top, 'params'));
  const metas = [member(member(top, 'params'), '_meta'), member(member(top, 'result'), '_meta')];
  const metaKeys = metas.flatMap((meta) => (meta ? keysOf(meta).map(plain) : []));
  return params.some(isLookalike) || [...params, ...metaKeys].includes('__proto__');
}

export function verdictOf(bytes: Uint8Array, limits: { depthMax: number; keysMax: number }): Verdict {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    JSON.parse(text);
  } catch {
    return 'json_malformed';
  }
  const top = treeOf(text);
  if (top.kind === 'array') return 'batch';
  if (depthOf(top) > limits.depthMax) return 'depth_exceeded';
  if (keysOf(top).length > limits.keysMax) return 'keys_exceeded';
  const isAmbiguous = stringsOf(top).some((raw) => !plain(raw).isWellFormed() || plain(raw).includes('\0'));
  const isGood = top.kind === 'object' && !isAmbiguous && !hasTwins(top) && isGoodShape(top) && !hasForbiddenKey(top);
  return isGood ? 'good' : 'request_invalid';
}
