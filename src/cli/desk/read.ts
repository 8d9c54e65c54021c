/*
 * `gatewright read URI`.
 *
 * Text goes to a file or pipe exactly as the server gave it, and to a terminal without what that would obey. Bytes go to a
 * file or pipe only.
 */
import { isObject, type JsonObject, listAt, textAt } from '../../client/json.ts';
import { nearestWord } from '../../config/suggest.ts';
import type { ServerReport } from '../../model/operator.ts';
import { jsonTextLine, plainText } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import { type Desk, optionOf } from './desk.ts';
import { conversationWith, listOf, splitUri } from './entries.ts';
import { Failure } from './failure.ts';
import { type Reached, reach } from './reach.ts';
import { saveAll } from './save.ts';
import { note } from './show-result.ts';
import { watched } from './watch.ts';

export async function read(desk: Desk): Promise<number> {
  const [word = ''] = desk.run.operands;
  const reached = await reach(desk, (names) => {
    const { server } = splitUri(word, names);
    return server === undefined ? names : [server];
  });
  try {
    const { server, uri } = await ownerOf(desk, reached, word);
    const request = { method: 'resources/read', params: { uri: JSON.stringify(uri) }, mirrored: { 'mcp-name': uri } };
    const result = await watched(desk, uri, server, (hooks) => conversationWith(reached, server).ask(request, hooks));
    if (desk.json) desk.io.out(jsonTextLine(result.text));
    else await showContents(desk, listAt(result.value, 'contents').filter(isObject));
    return EXIT.ok.code;
  } finally {
    await reached.close();
  }
}

interface Owned {
  readonly server: ServerReport;
  readonly uri: string;
}

/** Throws `Failure`. */
async function ownerOf(desk: Desk, reached: Reached, word: string): Promise<Owned> {
  const servers = await reached.operator.servers();
  const { server, name } = splitUri(
    word,
    servers.map((each) => each.name),
  );
  const named = servers.find((each) => each.name === server);
  if (named) return { server: named, uri: name };
  const { entries } = await listOf(reached, 'resources', servers, desk.signal);
  const owners = entries.filter(({ key }) => key === word);
  const [owner] = owners;
  if (owner && owners.length === 1) return { server: owner.server, uri: word };
  const [only] = servers;
  // Not every resource is listed; where there is one server, it is the one to ask.
  if (only && servers.length === 1) return { server: only, uri: word };
  throw new Failure(
    noOwner(
      word,
      owners.map((each) => each.server.name),
      entries.map(({ key }) => key),
    ),
    EXIT.unknown.code,
  );
}

function noOwner(word: string, owners: readonly string[], keys: readonly string[]): string {
  if (owners.length > 1) return `Several servers list ${word}: ${owners.map((name) => `${name}+${word}`).join(', ')}`;
  const nearest = nearestWord(word, keys);
  const way = nearest === undefined ? `Name the server that has it: SERVER+${word}` : `Did you mean "${nearest}"?`;
  return `No server lists ${word}. ${way}`;
}

async function showContents(desk: Desk, contents: readonly JsonObject[]): Promise<void> {
  const { io } = desk;
  const output = optionOf(desk, 'output');
  if (output !== undefined) return saveAll(desk, output, contents.map(bytesOf));
  for (const content of contents) {
    const text = textAt(content, 'text');
    if (io.terminal.outColumns === undefined) io.outBytes(bytesOf(content));
    else if (text !== undefined) io.out(text.endsWith('\n') ? plainText(text) : `${plainText(text)}\n`);
    else io.out(note(textAt(content, 'uri') ?? 'resource', content, textAt(content, 'blob') ?? ''));
  }
}

function bytesOf(content: JsonObject): Buffer {
  const text = textAt(content, 'text');
  return text === undefined ? Buffer.from(textAt(content, 'blob') ?? '', 'base64') : Buffer.from(text);
}
