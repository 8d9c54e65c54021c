/*
 * What a tool, a resource or a prompt gave, for a person: text as text, everything else as a short note, and `--output` for
 * what is to be kept. On the way to the screen nothing is left that a terminal could obey.
 */
import { isDeepStrictEqual } from 'node:util';
import { isObject, type JsonObject, listAt, objectAt, textAt } from '../../client/json.ts';
import { jsonBlock, plain, plainText } from '../terminal.ts';
import { type Desk, optionOf } from './desk.ts';
import { type Saved, saveAll } from './save.ts';

export async function showToolResult(desk: Desk, result: JsonObject): Promise<void> {
  const print = result.isError === true ? desk.io.err : desk.io.out;
  const blocks = listAt(result, 'content').filter(isObject);
  const { structuredContent } = result;
  const said = structuredContent !== undefined && blocks.length === 1 && isJsonOf(blocks[0], structuredContent);
  const output = optionOf(desk, 'output');
  if (output !== undefined) {
    const contents = blocks.flatMap((block) => keptOf(block) ?? []);
    const structured = structuredContent === undefined ? [] : [Buffer.from(JSON.stringify(structuredContent))];
    return saveAll(desk, output, contents.length > 0 ? contents : structured);
  }
  if (!said) for (const block of blocks) print(blockText(block));
  if (structuredContent !== undefined) print(jsonBlock(structuredContent));
}

/** A server that gives both says the same twice (Server › Tools › Structured Content). */
function isJsonOf(block: JsonObject | undefined, value: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(textAt(block, 'text') ?? ''), value);
  } catch {
    return false;
  }
}

/** With its line end. */
export function blockText(block: JsonObject): string {
  const text = textAt(block, 'text');
  switch (block.type) {
    case 'text':
      return line(text ?? '');
    case 'resource_link':
      return linkText(block);
    case 'resource':
      return embeddedText(objectAt(block, 'resource'));
    default: {
      const data = textAt(block, 'data');
      return data === undefined ? jsonBlock(block) : note(textAt(block, 'type') ?? 'data', block, data);
    }
  }
}

function linkText(block: JsonObject): string {
  const name = textAt(block, 'title') ?? textAt(block, 'name');
  return `[link ${plain(textAt(block, 'uri') ?? '')}${name === undefined ? '' : ` ${plain(name)}`}]\n`;
}

function embeddedText(resource: JsonObject): string {
  const text = textAt(resource, 'text');
  if (text !== undefined) return `[${plain(textAt(resource, 'uri') ?? '')}]\n${line(text)}`;
  return note(textAt(resource, 'uri') ?? 'resource', resource, textAt(resource, 'blob') ?? '');
}

export function note(what: string, { mimeType }: JsonObject, base64: string): string {
  const type = typeof mimeType === 'string' ? ` ${plain(mimeType)}` : '';
  return `[${plain(what)}${type}, ${Buffer.byteLength(base64, 'base64')} bytes; --output FILE saves it]\n`;
}

function line(text: string): string {
  const shown = plainText(text);
  return shown.endsWith('\n') ? shown : `${shown}\n`;
}

/** What of a content block is worth a file. */
function keptOf(block: JsonObject): Saved | undefined {
  const from = block.type === 'resource' ? objectAt(block, 'resource') : block;
  const data = textAt(from, 'data') ?? textAt(from, 'blob');
  if (data !== undefined) return Buffer.from(data, 'base64');
  const text = textAt(from, 'text');
  return text === undefined ? undefined : Buffer.from(text);
}
