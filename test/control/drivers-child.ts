/*
 * A process that works with the store of its arguments, and says which drivers its main thread has loaded.
 */
import { createRequire } from 'node:module';
import { openStore } from '../../src/control/store/open-store.ts';
import { servers } from '../../src/control/store/queries/objects.ts';
import { ADA, addServers, serverNamed } from './store-stage.ts';

const [kind = '', where = ''] = process.argv.slice(2);
const target = kind === 'file' ? { file: where } : { url: where };
const store = await openStore({ target, now: Date.now });
await addServers(store, [serverNamed('files')]);
const rows = await store.read(servers.having(ADA, { name: 'files' }));
await store.close();

// Node lists its own modules, and its cache what was required; `pg` is of the second kind, however it is imported.
const own = (process as unknown as { readonly moduleLoadList: readonly string[] }).moduleLoadList;
const required = Object.keys(createRequire(import.meta.url).cache);
const loaded = [
  ...own.filter((name) => /sqlite/i.test(name)),
  ...required.filter((path) => /[\\/]node_modules[\\/]pg[\w-]*[\\/]/.test(path)),
];
process.stdout.write(JSON.stringify({ rows: rows.length, loaded }));
