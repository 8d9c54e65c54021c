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
  const output = optionOf(desk, 'output');
  if (output === undefined) return (result.isError === true ? desk.io.err : desk.io.out)(resultText(result));
  const contents = blocksOf(result).flatMap((block) => keptOf(block) ?? []);
  const { structuredContent } = result;
  const structured = structuredContent === undefined ? [] : [Buffer.from(JSON.stringify(structuredContent))];
  return saveAll(desk, output, contents.length > 0 ? contents : structured);
}

/** A server that gives text and structured content says the same twice (Server › Tools › Structured Content). */
export function resultText(result: JsonObject): string {
  const blocks = blocksOf(result);
  const { structuredContent } = result;
  const only = blocks.length === 1 ? textAt(blocks[0], 'text') : undefined;
  const shown = isJsonOf(only, structuredContent) ? '' : blocks.map(blockText).join('');
  return structuredContent === undefined || isWrapped(only, structuredContent)
    ? shown
    : shown + jsonBlock(structuredContent);
}

function blocksOf(result: JsonObject): readonly JsonObject[] {
  return listAt(result, 'content').filter(isObject);
}

function isJsonOf(text: string | undefined, value: unknown): boolean {
  try {
    return text !== undefined && isDeepStrictEqual(JSON.parse(text), value);
  } catch {
    return false;
  }
}

/** The text in an object around it, and nothing else: schemas of output must be of an object. */
function isWrapped(text: string | undefined, value: unknown): boolean {
  const values = isObject(value) ? Object.values(value) : [];
  return text !== undefined && values.length === 1 && values[0] === text;
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
