/*
 * A data folder for gateways that a test starts, so that none of them writes into the folder of the person who runs the
 * tests. Gone when the test process ends.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The variable that names it, for the environment of a process. */
export function dataFolder(): { readonly GATEWRIGHT_DATA_DIR: string } {
  const folder = mkdtempSync(join(tmpdir(), 'gatewright-data-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return { GATEWRIGHT_DATA_DIR: folder };
}
