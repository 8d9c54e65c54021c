/*
 * One tool for a person: what it does, and which arguments it takes.
 */
import { textAt } from '../../client/json.ts';
import type { CliIo } from '../io.ts';
import { plain, plainText } from '../terminal.ts';
import type { Listed } from './entries.ts';
import { firstLine } from './first-line.ts';
import { choicesOf, propertiesOf, requiredOf, type Schema, typesOf, wholeSchema } from './schema.ts';
import { printTable } from './table.ts';

export function showTool({ server, key, entry }: Listed, io: CliIo): void {
  io.out(`${plain(server.name)}.${plain(key)}\n`);
  const description = textAt(entry, 'description') ?? textAt(entry, 'title');
  if (description !== undefined) io.out(`\n${plainText(description.trim())}\n`);
  const schema = wholeSchema(entry.inputSchema);
  const required = new Set(requiredOf(schema));
  const rows = [...propertiesOf(schema)].map(([name, own]) => [
    name,
    typeWords({ own, whole: schema.whole }),
    required.has(name) ? 'yes' : '',
    firstLine(textAt(own, 'description')),
  ]);
  io.out('\n');
  if (rows.length === 0) io.out('It takes no arguments.\n');
  else printTable(io, ['ARGUMENT', 'TYPE', 'REQUIRED', 'DESCRIPTION'], rows);
}

function typeWords(schema: Schema): string {
  const choices = choicesOf(schema);
  if (choices.length > 0)
    return choices.map((choice) => (typeof choice === 'string' ? choice : JSON.stringify(choice))).join('|');
  return [...typesOf(schema)].join('|') || 'any';
}
