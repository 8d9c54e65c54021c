import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Statement, Store, Touched } from '../../store/store.ts';
import { LoginFactsKept } from './login-facts.ts';

const STATEMENT = { name: 'facts' } as Statement<{ readonly read: number }>;

/** Counts what is read of it, and lets a test say what was written. */
function countingStore() {
  const said = { read: 0, written: (_: readonly Touched[]) => {} };
  const read = async () => [{ read: ++said.read }];
  const onWritten: Store['onWritten'] = (listener) => {
    said.written = listener;
    return () => {};
  };
  return { said, store: { read, onWritten } as unknown as Store };
}

const TOLD: readonly (readonly [string, readonly Touched[], number])[] = [
  ['of a server keeps what is known', [{ kind: 'servers', id: 'srv_1', organisation: 'default' }], 1],
  ['of a user makes it be read anew', [{ kind: 'users', id: 'usr_1', organisation: 'default' }], 2],
  ['of nobody knows what makes it be read anew', [], 2],
];

for (const [what, touched, reads] of TOLD) {
  test(`a write ${what}`, async () => {
    const { said, store } = countingStore();
    const facts = new LoginFactsKept({ store, now: () => 1 });
    await facts.of('session', () => STATEMENT);
    said.written(touched);
    assert.deepEqual(await facts.of('session', () => STATEMENT), { read: reads });
  });
}
