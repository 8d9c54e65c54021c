/*
 * Servers in TOML, as Codex keeps them: `[mcp_servers.name]` tables, dotted keys or inline tables.
 *
 * Every statement that belongs to a leaving server is cut out with the lines between its statements; what comes in is a
 * table at the end of the file. An inline table that holds servers that stay together with servers that leave cannot be
 * cut this way; then the comparison of what was meant and what came out refuses.
 */
import { parse, stringify, TomlError } from 'smol-toml';
import type { Change, Edited, PlainEntry, Read, ServersPlace } from './edit.ts';
import { type Cut, ended, lineEndOf, withCuts } from './text.ts';
import { type Statement, statementsOf } from './toml-statements.ts';

export function readToml(text: string): Read {
  try {
    return { ok: true, value: parse(text, { integersAsBigInt: 'asNeeded' }) };
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    // Its message quotes the line, which may hold a secret.
    return { ok: false, say: 'This is not valid TOML.', line: thrown.line, column: thrown.column };
  }
}

export function editToml(text: string, { section }: ServersPlace, { remove, put }: Change): Edited {
  const lineEnd = lineEndOf(text);
  const gone = new Set([...remove, ...put.map(({ name }) => name)]);
  const statements = statementsOf(text);
  const all = statements.filter(({ kind, path }) => kind !== 'other' && path[0] === section);
  const whole = all.filter(({ kind, path }) => kind === 'pair' && path.length === 1);
  const ours = all.filter(({ path }) => path[1] !== undefined && gone.has(path[1]));
  const rest = withCuts(text, cutsOf(text, statements, new Set([...ours, ...whole])));
  if (put.length === 0) return { ok: true, text: rest };
  const blank = rest.trim() === '' || /\n\r?\n$/.test(rest) ? '' : lineEnd;
  const tables = put.map(({ name, entry }) => tableText(section, name, entry)).join('\n');
  return { ok: true, text: `${ended(rest, lineEnd)}${blank}${tables.replaceAll('\n', lineEnd)}` };
}

export function tomlText({ section }: ServersPlace, name: string, entry: PlainEntry): string {
  return tableText(section, name, entry);
}

function tableText(section: string, name: string, entry: PlainEntry): string {
  return stringify({ [section]: { [name]: entry } }).replace(new RegExp(`^\\[${section}\\]\\n+`), '');
}

/** The statements, the comments between their parts, and the blank lines behind them. */
function cutsOf(text: string, statements: readonly Statement[], gone: ReadonlySet<Statement>): Cut[] {
  const cuts: Cut[] = [];
  let between: Statement[] = [];
  let previousGone = false;
  for (const statement of statements) {
    const blank = statement.kind === 'other' && text.slice(statement.from, statement.to).trim() === '';
    if (blank && previousGone && between.length === 0) cuts.push(cutOf(statement));
    else if (statement.kind === 'other') between.push(statement);
    else {
      const leaves = gone.has(statement);
      if (leaves && previousGone && statement.kind === 'pair') cuts.push(...between.map(cutOf));
      if (leaves) cuts.push(cutOf(statement));
      previousGone = leaves;
      between = [];
    }
  }
  return cuts;
}

function cutOf({ from, to }: Statement): Cut {
  return { from, to, text: '' };
}
