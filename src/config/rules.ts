/*
 * Rules between fields, which a schema of single fields cannot say.
 *
 * They read the raw values and must bear anything, because they run even where the schema found faults: a person wants
 * all errors at once.
 */
import { type ConditionFault, checkAccess } from './access-rules.ts';
import { checkAuth } from './auth-rules.ts';
import { checkEndpoints } from './endpoint-rules.ts';
import { KnownNames, namesInFile, type Reports } from './known-names.ts';
import { isServerName, slugOf } from './names.ts';
import type { Path, Report } from './problem.ts';
import { mapOf, type Raw } from './raw.ts';
import { editDistance } from './suggest.ts';

export function checkRules(file: unknown, reports: Reports, conditionFault?: ConditionFault): void {
  const raw = mapOf(file);
  const { report } = reports;
  const known = new KnownNames(namesInFile(raw), reports);
  for (const [name, entry] of Object.entries(mapOf(raw.servers))) {
    checkServerName(name, report);
    checkServer(mapOf(entry), ['servers', name], report);
    checkServerAccess(mapOf(entry), ['servers', name], known, report);
  }
  checkEndpoints(raw.endpoints, mapOf(raw.servers), known, report);
  checkAuth(raw, known, reports);
  checkAccess(raw, known, reports, conditionFault);
}

function checkServerName(name: string, report: Report): void {
  if (isServerName(name)) return;
  report({
    path: ['servers', name],
    say: 'A server name has lower-case letters, digits and single hyphens, begins with a letter, and has at most 32 characters.',
    suggestion: `Write "${slugOf(name)}" and keep the old name as "title".`,
  });
}

function checkServer(entry: Raw, path: Path, report: Report): void {
  const command = 'command' in entry;
  const url = 'url' in entry;
  if (command && url) {
    report({
      path: [...path, 'url'],
      say: 'A server has either "command" or "url", not both.',
      suggestion: 'Remove one.',
    });
    return;
  }
  if (!command && !url) {
    checkNeither(entry, path, report);
    return;
  }
  checkWord(entry, command ? 'stdio' : 'http', path, report);
  if (url) checkSse(entry, path, report);
  const strays = command ? ['headers', 'caFile', 'certFile', 'keyFile'] : ['args', 'env', 'cwd'];
  for (const stray of strays.filter((field) => field in entry)) {
    const other = command ? 'url' : 'command';
    report({ path: [...path, stray], say: `"${stray}" belongs to servers with "${other}".`, suggestion: 'Remove it.' });
  }
}

/** A misspelt `comand` is reported as such; that `command` is missing follows from it and is not said again. */
function checkNeither(entry: Raw, path: Path, report: Report): void {
  const misspelt = Object.keys(entry).some(
    (key) => editDistance(key, 'command') <= 2 || (key !== 'url' && /url/i.test(key)),
  );
  if (misspelt) return;
  report({
    path,
    say: 'A server needs "command" (a local process) or "url" (a server reached over HTTP).',
    suggestion: 'Add one of them.',
  });
}

function checkWord(entry: Raw, kind: 'stdio' | 'http', path: Path, report: Report): void {
  for (const field of ['type', 'transport']) {
    const word = entry[field];
    if (typeof word !== 'string' || (word === 'stdio') === (kind === 'stdio')) continue;
    const has = kind === 'stdio' ? 'command' : 'url';
    report({
      path: [...path, field],
      say: `Does not fit a server with "${has}".`,
      suggestion: `Write "${kind}", or leave it out.`,
    });
  }
}

function checkSse({ type, transport }: Raw, path: Path, report: Report): void {
  if (typeof type !== 'string' || typeof transport !== 'string' || (type === 'sse') === (transport === 'sse')) return;
  report({ path: [...path, 'transport'], say: 'Says something else than "type".', suggestion: 'Remove one.' });
}

function checkServerAccess(entry: Raw, path: Path, known: KnownNames, report: Report): void {
  known.checkName('organisation', entry.organisation, [...path, 'organisation']);
  known.checkUser(entry.owner, [...path, 'owner']);
  for (const [one, other] of [
    ['certFile', 'keyFile'],
    ['keyFile', 'certFile'],
  ] as const) {
    if (entry[one] !== undefined && entry[other] === undefined)
      report({ path: [...path, one], say: `Needs "${other}" beside it.`, suggestion: 'Add it, or remove both.' });
  }
}
