/*
 * The version, read from the package itself so that it is written in one place only.
 */
import { readFileSync } from 'node:fs';

export function versionText(): string {
  // The same two steps up from `src/cli` and from `dist/cli`.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
