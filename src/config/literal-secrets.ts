/*
 * The fields of a file in which a secret stands as it is, and not as the name of a variable or of a file.
 *
 * In `env` and `headers` not everything is a secret; there the name tells.
 */
import { parseFile } from './parse.ts';
import { fieldText, type Path } from './problem.ts';
import type { Node } from './tree.ts';

const ALWAYS: readonly RegExp[] = [
  /^auth\.tokens\[\d+\]\.token$/,
  /^auth\.issuers\[\d+\]\.secrets\[\d+\]$/,
  /^auth\.issuers\[\d+\]\.introspection\.clientSecret$/,
  /^(?:servers[.[].+|defaults)\.auth\.tokens\[\d+\]\.token$/,
];
/** `mcpServers` and the like are the same map in the files of other clients. */
const NAMED = /^(?:\w*servers[.[].+|defaults)\.(?:env|headers)(?:\.|\[")([^.]+)$/i;
const SECRET_NAME =
  /token|secret|password|passwd|passphrase|credential|api[-_]?key|private[-_]?key|access[-_]?key|authorization|cookie|x-api-key|^auth$/i;

/** Fields as they are written in messages; empty when the file cannot be read. */
export function literalSecretsIn(text: string, path: string): string[] {
  const parsed = parseFile(text, path);
  return parsed.ok && parsed.root ? fieldsIn(parsed.root, []) : [];
}

function fieldsIn(node: Node, path: Path): string[] {
  if (node.kind === 'list') return node.items.flatMap((item, at) => fieldsIn(item, [...path, at]));
  if (node.kind === 'map')
    return [...node.entries].flatMap(([key, { node: inner }]) => fieldsIn(inner, [...path, key]));
  const field = fieldText(path);
  const text = String(node.value ?? '');
  return text !== '' && !text.includes('${') && isSecret(field) ? [field] : [];
}

function isSecret(field: string): boolean {
  const [, name] = NAMED.exec(field) ?? [];
  return ALWAYS.some((pattern) => pattern.test(field)) || (name !== undefined && SECRET_NAME.test(name));
}
