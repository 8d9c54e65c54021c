/*
 * A server of the matrix as a program: `main.ts KIND FOLDER` serves its stdin and stdout, or HTTP. Only the library of its
 * own era is loaded.
 */
import { kindNamed } from '../kinds.ts';
import { State } from './state.ts';

const kind = kindNamed(process.argv[2] ?? '');
const state = new State(kind.name, process.argv[3] ?? '');

if (kind.modern) await (await import('./newer.ts')).serveNewer(kind, state);
else await (await import('./older.ts')).serveOlder(kind, state);
