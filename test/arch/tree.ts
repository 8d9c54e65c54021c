/*
 * The project's own files, as the tests of its shape see them.
 *
 * Git is asked when there is one, so that what is ignored stays out; an unpacked archive is walked instead. Paths are
 * relative to the root, with `/`, sorted.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NEVER_OURS = new Set(['node_modules', 'dist', '.git']);

/** Every file of the project: tracked, or new and not ignored. */
export const FILES: readonly string[] = [...new Set(gitFiles() ?? walk(ROOT))].sort();

/** Every TypeScript source, tests included. */
export const SOURCES: readonly string[] = FILES.filter((path) => path.endsWith('.ts'));

const texts = new Map<string, string>();

export function read(path: string): string {
  const known = texts.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(join(ROOT, path), 'utf8');
  texts.set(path, text);
  return text;
}

/** `*.control.ts` are those that `npm run test:control` runs. */
export const isTest = (path: string): boolean => /\.(?:test|control)\.ts$/.test(path);

/** Lines as an editor counts them: the newline at the end starts none. */
export function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

function gitFiles(): string[] | undefined {
  if (!existsSync(join(ROOT, '.git'))) return undefined;
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT });
  return listed
    .toString()
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (NEVER_OURS.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [relative(ROOT, path).split(sep).join('/')];
  });
}
