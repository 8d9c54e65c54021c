/*
 * Writes the reference pages and the configuration schema from their sources: `npm run generate`.
 *
 * With `--check` nothing is written: it names each file that differs and fails. What is generated is checked in, so that
 * a change of a limit, an error or a field shows in review as the reader of the documentation will see it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { configJsonSchema } from '../../src/config/schema.ts';
import { adminDocument } from './admin-document.ts';
import { adminPage } from './admin-page.ts';
import { cliPage } from './cli-page.ts';
import { configPage } from './config-page.ts';
import { conformancePage } from './conformance-page.ts';
import { errorsPage } from './errors-page.ts';
import { limitsPage } from './limits-page.ts';
import { routesPage } from './routes-page.ts';
import { sqlPage } from './sql-page.ts';

const ROOT = new URL('../../', import.meta.url);

/** Path from the root of the repository → content. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/reference/config.md', configPage()],
    ['docs/reference/limits.md', limitsPage()],
    ['docs/reference/errors.md', errorsPage()],
    ['docs/reference/cli.md', cliPage()],
    ['docs/reference/routes.md', routesPage()],
    ['docs/reference/conformance.md', conformancePage()],
    ['docs/reference/admin-api.md', adminPage()],
    ['docs/reference/sql.md', sqlPage()],
    ['api/openapi.json', adminDocument()],
    ['api/config.schema.json', `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`],
  ]);
}

/** The files that are not as their sources say. */
export function staleFiles(): string[] {
  return [...generatedFiles()].filter(([path, content]) => onDisk(path) !== content).map(([path]) => path);
}

function onDisk(path: string): string | undefined {
  try {
    return readFileSync(new URL(path, ROOT), 'utf8');
  } catch {
    return undefined;
  }
}

function write(): void {
  for (const [path, content] of generatedFiles()) {
    const file = new URL(path, ROOT);
    mkdirSync(dirname(file.pathname), { recursive: true });
    writeFileSync(file, content);
    console.log(`wrote ${path}`);
  }
}

function check(): void {
  const stale = staleFiles();
  for (const path of stale) console.error(`${path} differs from its source; run "npm run generate".`);
  process.exitCode = stale.length === 0 ? 0 : 1;
}

if (import.meta.main) {
  if (process.argv.includes('--check')) check();
  else write();
}
