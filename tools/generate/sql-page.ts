/*
 * `docs/reference/sql.md`: every query of the store as both databases get it, for review. Each change of a query is a change
 * of this page.
 *
 * All files of the folder are loaded, so that none is left out because nobody uses it.
 */
import { readdirSync } from 'node:fs';
import { writerOf } from '../../src/control/store/dialects.ts';
import { type Registered, registeredQueries } from '../../src/control/store/queries/query.ts';
import type { Statement } from '../../src/control/store/store.ts';
import { code, page } from './markdown.ts';

const FOLDER = new URL('../../src/control/store/queries/', import.meta.url);
const INTRO = `Every query of the store, with the arguments of its samples. Those of an actor are held to the actor's organisation, here
\`sample-organisation\`; the others say why they know no actor. Values are always parameters.`;

const WRITERS = { SQLite: writerOf('sqlite'), Postgres: writerOf('postgres') };

const sources = readdirSync(FOLDER).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
await Promise.all(sources.map((name) => import(new URL(name, FOLDER).href)));

export function sqlPage(): string {
  return page('SQL', code('src/control/store/queries/'), INTRO, ...registeredQueries().map(section));
}

function section({ name, why, samples }: Registered): string {
  const texts = Object.entries(WRITERS).map(([database, writer]) => {
    const statements = samples().map((statement) => shown(statement.compile(writer)));
    return `-- ${database}\n${statements.join('\n')}`;
  });
  const who = why === undefined ? 'Of an actor.' : `Without an actor: ${why}`;
  return `## ${name}\n\n${who}\n\n\`\`\`sql\n${texts.join('\n')}\n\`\`\``;
}

function shown({ sql, parameters }: ReturnType<Statement['compile']>): string {
  return `${sql};${parameters.length === 0 ? '' : ` -- ${JSON.stringify(parameters).slice(1, -1)}`}`;
}
