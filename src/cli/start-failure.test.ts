import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cli } from '../../test/rig/cli.ts';
import { EXIT } from './usage.ts';

const folder = await mkdtemp(join(tmpdir(), 'gatewright-start-'));
after(() => rm(folder, { recursive: true }));
const config = join(folder, 'gatewright.yaml');
const database = join(folder, 'gatewright.db');
await writeFile(config, 'servers: {a: {url: "http://127.0.0.1:1/mcp"}}');
await writeFile(database, 'This is no database, however long one reads in it.'.repeat(20));

for (const words of [['serve', '--port', '0'], ['stdio'], ['tools']]) {
  test(`${words[0]} with a store that is none says so in one line, with the file, and with the exit code for it`, async () => {
    const { code, err } = await cli([...words, '--config', config], { env: { GATEWRIGHT_DATA_DIR: folder } });
    const lines = err.split('\n').filter((line) => line.startsWith('gatewright: ') || line.includes(' at '));
    assert.equal(lines.length, 1, err);
    assert.ok(lines[0]?.endsWith(`The database file ${database} is not a database (SQLite 26).`), err);
    assert.equal(code, EXIT.store.code);
  });
}
