/*
 * Folders that last as long as the run, whichever way it ends.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set<string>();

export function newFolder(what: string): string {
  const folder = mkdtempSync(join(tmpdir(), `gatewright-bench-${what}-`));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true });
}

process.on('exit', () => folders.forEach(removeFolder));
