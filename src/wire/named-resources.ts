/*
 * Where messages of MCP name resources: the places to which the protocol gives the meaning of a URI that can be read.
 *
 *   results      contents[].uri; blocks of type resource_link (uri) and resource (resource.uri) in content and
 *                messages[].content; _meta.ui.resourceUri and the older _meta["ui/resourceUri"] (MCP Apps)
 *   tasks        the result and the questions of what tasks/get gives, and of notifications/tasks
 *   questions    the messages of sampling/createMessage, whether asked for in an `input_required` result or by request
 *   answers      what a client's model said to such a question
 *   errors       data.uri, where a resource could not be read (Resources › Error Handling)
 *   tools        the same two places in _meta
 *
 * Arguments, structured content, form values and text are their authors' own and never looked into. Where a key stands
 * twice every one of them counts, for nobody knows which one a parser keeps. All spans are of strings, quotes included,
 * in order. Throws SyntaxError when a key or a type is no JSON string.
 */
import type { Message, Span } from '../model/message.ts';
import { elementsOf } from './json/elements.ts';
import { eachMember, isText } from './json/members.ts';

/** Adds what it finds in the value at `span` to `found`. */
type Look = (bytes: Buffer, span: Span, found: Span[]) => void;

const QUOTE = 0x22;
const BRACKET_OPEN = 0x5b;

const theUri: Look = (bytes, span, found) => {
  if (bytes[span.start] === QUOTE) found.push(span);
};

/** Looks into the members of an object that have one of these keys. */
function inMembers(looks: Readonly<Record<string, Look>>): Look {
  const known = Object.entries(looks);
  return (bytes, span, found) =>
    eachMember(bytes, span, (keySpan, value) => {
      for (const [key, look] of known) if (isText(bytes, keySpan, key)) look(bytes, value, found);
      return true;
    });
}

function inEveryMember(look: Look): Look {
  return (bytes, span, found) =>
    eachMember(bytes, span, (_, value) => {
      look(bytes, value, found);
      return true;
    });
}

function inEach(look: Look): Look {
  return (bytes, span, found) => {
    for (const element of elementsOf(bytes, span)) look(bytes, element, found);
  };
}

function inOneOrEach(look: Look): Look {
  const each = inEach(look);
  return (bytes, span, found) => (bytes[span.start] === BRACKET_OPEN ? each : look)(bytes, span, found);
}

/** What an object holds depends on what its member `key` says. */
function by(key: string, kinds: Readonly<Record<string, Look>>): Look {
  const known = Object.entries(kinds);
  return (bytes, span, found) => {
    const looks = new Set<Look>();
    eachMember(bytes, span, (keySpan, value) => {
      if (bytes[value.start] !== QUOTE || !isText(bytes, keySpan, key)) return true;
      for (const [kind, look] of known) if (isText(bytes, value, kind)) looks.add(look);
      return true;
    });
    for (const look of looks) look(bytes, span, found);
  };
}

const LINKS = {
  resource_link: inMembers({ uri: theUri }),
  resource: inMembers({ resource: inMembers({ uri: theUri }) }),
};
/** `ContentBlock`. */
const block = by('type', LINKS);
/** `SamplingMessageContentBlock`: what a tool gave stands one level deeper. */
const sampledBlock = by('type', { ...LINKS, tool_result: inMembers({ content: inEach(block) }) });

const sampled = inMembers({ content: inOneOrEach(sampledBlock) });
const samplingParams = inMembers({ messages: inEach(sampled) });
const inputRequest = by('method', { 'sampling/createMessage': inMembers({ params: samplingParams }) });
/** Answers have no method; only a model's words have a role. */
const inputResponse = by('role', { assistant: sampled, user: sampled });

const appMeta = inMembers({ ui: inMembers({ resourceUri: theUri }), 'ui/resourceUri': theUri });
const COMMON = { _meta: appMeta, inputRequests: inEveryMember(inputRequest) };

const toolResult = inMembers({ content: inEach(block), ...COMMON });
/** What a task has become: of tools alone there are any (io.modelcontextprotocol/tasks). */
const task = inMembers({ result: toolResult, ...COMMON });

const RESULTS: ReadonlyMap<string, Look> = new Map([
  ['tools/call', toolResult],
  ['tasks/get', task],
  ['prompts/get', inMembers({ messages: inEach(inMembers({ content: inOneOrEach(block) })), ...COMMON })],
  ['resources/read', inMembers({ contents: inEach(inMembers({ uri: theUri })), ...COMMON })],
]);
const errorData = inMembers({ data: inMembers({ uri: theUri }) });
const tool = inMembers({ _meta: appMeta });
const responses = inMembers({ inputResponses: inEveryMember(inputResponse) });

const NONE: readonly Span[] = [];

/** In a server's answer to a request of this method. */
export function resourcesInAnswer(message: Message, method: string): readonly Span[] {
  const { bytes, outcome } = message;
  const look = RESULTS.get(method);
  if (!look || !outcome || !mayName(bytes)) return NONE;
  if (message.kind === 'result') return spansOf(look, bytes, outcome);
  return method === 'resources/read' ? spansOf(errorData, bytes, outcome) : NONE;
}

/** In a request that a server puts to the client. */
export function resourcesInQuestion({ bytes, method, params }: Message): readonly Span[] {
  if (method !== 'sampling/createMessage' || !params || !mayName(bytes)) return NONE;
  return spansOf(samplingParams, bytes, params.self);
}

/** In the client's answer to a question of this method. */
export function resourcesInSampled({ bytes, outcome, kind }: Message, method: string): readonly Span[] {
  if (method !== 'sampling/createMessage' || kind !== 'result' || !outcome || !mayName(bytes)) return NONE;
  return spansOf(sampled, bytes, outcome);
}

/** In the answers that a request brings to what its server asked for before. */
export function resourcesInResponses({ bytes, params }: Message): readonly Span[] {
  if (!params || !hasResponses(bytes)) return NONE;
  return spansOf(responses, bytes, params.self);
}

/** In what a server says of a task without being asked. */
export function resourcesInTask({ bytes, params }: Message): readonly Span[] {
  return params && mayName(bytes) ? spansOf(task, bytes, params.self) : NONE;
}

/** In a tool's entry in a list. */
export function resourcesInTool(bytes: Buffer): readonly Span[] {
  return mayName(bytes) ? spansOf(tool, bytes, { start: 0, end: bytes.length }) : NONE;
}

function spansOf(look: Look, bytes: Buffer, span: Span): readonly Span[] {
  const found: Span[] = [];
  look(bytes, span, found);
  return found.length > 1 ? inOrder(found) : found;
}

/** One value may be found twice where a key or a type stands twice. */
function inOrder(found: Span[]): Span[] {
  found.sort((a, b) => a.start - b.start);
  return found.filter((span, i) => span.start !== found[i - 1]?.start);
}

// Most messages name nothing, and that must cost next to nothing. Prose has few quotes, and JSON inside JSON has few of the
// letters: so the first quotes are looked at one by one, and behind them there is a search for the letters.
const MARKS_MAX = 48;
const QUOTE_MARK: Mark = { byte: 0x22, isThere: endsUri, words: [Buffer.from('Uri"'), Buffer.from('uri"')] };
/** An ASCII letter of a key that is not written as itself is written `\u00xx` (RFC 8259 §7). */
const ESCAPE_MARK: Mark = { byte: 0x5c, isThere: escapesAscii, words: [Buffer.from('u00')] };
const RESPONSES = Buffer.from('inputResponses"');

interface Mark {
  readonly byte: number;
  readonly isThere: (bytes: Buffer, at: number) => boolean;
  /** What stands beside it then, the rarer first. */
  readonly words: readonly Buffer[];
}

function mayName(bytes: Buffer): boolean {
  return has(bytes, QUOTE_MARK) || has(bytes, ESCAPE_MARK);
}

function hasResponses(bytes: Buffer): boolean {
  return bytes.includes(RESPONSES) || has(bytes, ESCAPE_MARK);
}

function has(bytes: Buffer, { byte, isThere, words }: Mark): boolean {
  let at = -1;
  for (let left = MARKS_MAX; left > 0; left--) {
    at = bytes.indexOf(byte, at + 1);
    if (at < 0) return false;
    if (isThere(bytes, at)) return true;
  }
  return words.some((word) => bytes.includes(word, at));
}

function endsUri(bytes: Buffer, quote: number): boolean {
  const isRi = bytes[quote - 1] === 0x69 && bytes[quote - 2] === 0x72;
  return isRi && ((bytes[quote - 3] ?? 0) | 0x20) === 0x75;
}

function escapesAscii(bytes: Buffer, backslash: number): boolean {
  return bytes[backslash + 1] === 0x75 && bytes[backslash + 2] === 0x30 && bytes[backslash + 3] === 0x30;
}
