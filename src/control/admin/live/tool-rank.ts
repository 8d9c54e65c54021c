/*
 * How well a tool fits what somebody typed: the name itself, its beginning, words of the name or the title, the description. In
 * time that grows with the text alone: no pattern is made of what was typed.
 */
import type { ToolReport } from '../../../model/live.ts';

export const MATCHES = ['name', 'prefix', 'word', 'description'] as const;
export type Match = (typeof MATCHES)[number];

/** A tool with its words made ready; kept for as long as the server's list is the same. */
export interface Indexed {
  readonly tool: ToolReport;
  readonly name: string;
  readonly words: readonly string[];
  readonly description: string;
}

export interface Typed {
  readonly text: string;
  readonly words: readonly string[];
}

/** More of a description nobody reads, and the others' tools should not pay for it. */
const DESCRIPTION_MAX = 2_000;
const WORDS_MAX = 8;
const BETWEEN_WORDS = /[^\p{L}\p{N}]+/u;
/** `readFile` has two words. */
const CAMEL = /(?<=[a-z0-9])(?=[A-Z])/;

const known = new WeakMap<readonly ToolReport[], readonly Indexed[]>();

export function indexed(tools: readonly ToolReport[]): readonly Indexed[] {
  const found = known.get(tools) ?? tools.map(indexedOne);
  known.set(tools, found);
  return found;
}

function indexedOne(tool: ToolReport): Indexed {
  const { name, title = '', description = '' } = tool;
  return {
    tool,
    name: name.toLowerCase(),
    words: wordsOf(`${name} ${title}`),
    description: description.slice(0, DESCRIPTION_MAX).toLowerCase(),
  };
}

export function typed(text: string): Typed {
  const whole = text.trim().toLowerCase();
  return { text: whole, words: wordsOf(text).slice(0, WORDS_MAX) };
}

function wordsOf(text: string): readonly string[] {
  const parts = text.split(BETWEEN_WORDS).flatMap((word) => [word, ...word.split(CAMEL)]);
  return [...new Set(parts.map((word) => word.toLowerCase()))].filter((word) => word !== '');
}

/** Undefined when it does not fit. */
export function matchOf({ name, words, description }: Indexed, { text, words: wanted }: Typed): Match | undefined {
  if (text === '' || name === text) return 'name';
  if (name.startsWith(text)) return 'prefix';
  if (wanted.length === 0) return name.includes(text) || description.includes(text) ? 'description' : undefined;
  const isWord = (word: string) => words.some((each) => each.startsWith(word));
  if (wanted.every(isWord)) return 'word';
  return wanted.every((word) => isWord(word) || description.includes(word)) ? 'description' : undefined;
}
