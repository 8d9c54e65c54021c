/*
 * From text to tree, whichever way the file is written: by its name, and where that says nothing by how it begins.
 *
 * Ours are YAML, of which JSON is a part; `.json` is read by a reader that also takes the comments of editors.
 */
import { basename } from 'node:path';
import { type Parsed, parseTree } from './tree.ts';
import { parseJson } from './tree-json.ts';
import { parseToml } from './tree-toml.ts';

export type Syntax = 'yaml' | 'json' | 'toml';

export function parseFile(text: string, path: string): Parsed {
  const syntax = syntaxOf(path) ?? syntaxIn(text);
  if (syntax === 'json') return parseJson(text);
  return syntax === 'toml' ? parseToml(text) : parseTree(text);
}

export function syntaxOf(path: string): Syntax | undefined {
  const [, extension = ''] = /\.([a-z]+)$/.exec(basename(path).toLowerCase()) ?? [];
  if (extension === 'json' || extension === 'jsonc') return 'json';
  if (extension === 'yaml' || extension === 'yml') return 'yaml';
  return extension === 'toml' ? 'toml' : undefined;
}

function syntaxIn(text: string): Syntax {
  if (/^\s*(?:\{|\/\/|\/\*)/.test(text)) return 'json';
  return /^\[mcp_servers[.\]]/m.test(text) ? 'toml' : 'yaml';
}
