/*
 * `docs/reference/config.md`, from the configuration schema: one table per map, in the order of the schema.
 */
import { configJsonSchema } from '../../src/config/schema.ts';
import { code, fenced, page, table } from './markdown.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

const INTRO = `One file, YAML or JSON, at most 1 MiB, validated whole: \`gatewright check FILE\` tells all its errors at once. Unknown fields
are errors. In text values \`\${NAME}\` becomes the environment variable of that name, \`\${NAME:-default}\` falls back when it is not set or
empty, \`\${file:PATH}\` becomes what that file holds (at most 64 KiB, without the newline at its end; relative to the folder of this file),
and \`$\${\` is a literal \`\${\`. Editors find the schema in \`api/config.schema.json\`.

A value is inherited whole and only where absent: built-in default, then \`limits\` (for limits), then \`defaults\`, then the server's entry.

A file with \`mcpServers\` at its top, as many MCP clients keep it, is read as it is: names become valid ones (the original stays as
title), \`disabled: true\` is respected, unknown fields are warnings.`;

const EXAMPLE = `servers:
  files:
    command: node
    args: [server.js, ./notes]
    tools:
      block: ["write_*", move_file]
  tracker:
    url: https://tracker.example.com/mcp
    headers:
      Authorization: Bearer \${TRACKER_TOKEN}
    callTimeoutMs: 120000
auth:
  tokens:
    - name: laptop
      token: \${GATEWRIGHT_TOKEN}`;

export function configPage(): string {
  const root = configJsonSchema() as unknown as Schema;
  return page('Configuration', code('src/config/schema.ts'), INTRO, fenced('yaml', EXAMPLE), ...sections('', root));
}

/** The table of one map, then those of the maps inside it. */
function sections(path: string, schema: Schema): string[] {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return [];
  const title = path === '' ? '## The file' : `## ${code(path)}`;
  const rows = fields.map(([name, field]) => [
    code(name),
    typeWords(field) + (schema.required?.includes(name) ? ', required' : ''),
    field.description ?? '',
  ]);
  const inner = fields.flatMap(([name, field]) => innerSections(path === '' ? name : `${path}.${name}`, field));
  return [title, table(['Field', 'Type', 'What'], rows), ...inner];
}

function innerSections(path: string, schema: Schema): string[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((one) => innerSections(path, one));
  if (schema.items !== undefined) return innerSections(`${path}[]`, schema.items);
  if (typeof schema.additionalProperties === 'object')
    return innerSections(`${path}.<name>`, schema.additionalProperties);
  return sections(path, schema);
}

function typeWords(schema: Schema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeWords).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.type === 'integer') return `${schema.minimum} – ${schema.maximum}`;
  if (schema.type === 'array') return schema.items?.type === 'string' ? 'list of text' : 'list';
  if (schema.type === 'object') return schema.properties === undefined ? 'map' : 'map, see below';
  return [schema.type ?? ''].flat().map(typeWord).join(' or ');
}

function typeWord(type: string): string {
  if (type === 'null') return code('null');
  return type === 'string' ? 'text' : type;
}
