import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Revision } from '../../model/revision.ts';
import { codecOf } from '../../wire/codecs.ts';
import { Spoken } from './spoken.ts';

const OLD = codecOf('2025-11-25');
const NEW = codecOf('2026-07-28');

function reached(revision: Revision, pinned?: Revision): Spoken {
  const spoken = new Spoken(pinned);
  spoken.reached(codecOf(revision));
  return spoken;
}

describe('what a server speaks', () => {
  it('is taken for what the client speaks until it was reached', () => {
    assert.deepEqual([new Spoken(undefined).speaks(OLD), new Spoken(undefined).inOtherEra(OLD)], [true, false]);
  });

  it('is known for newer clients, and for older ones only where the server is older or pinned', () => {
    const rows = [reached('2025-11-25'), reached('2026-07-28'), reached('2026-07-28', '2026-07-28')];
    assert.deepEqual(
      rows.map((spoken) => [spoken.speaks(OLD), spoken.speaks(NEW)]),
      [
        [true, false],
        [undefined, true],
        [false, true],
      ],
    );
  });

  it('is the other era too once a session was opened, and not when it was refused, until it is reached anew', () => {
    const spoken = reached('2026-07-28');
    spoken.met(false);
    assert.deepEqual([spoken.speaks(OLD), spoken.inOtherEra(OLD)], [false, false]);
    spoken.met(true);
    assert.deepEqual([spoken.speaks(OLD), spoken.inOtherEra(OLD), spoken.inOtherEra(NEW)], [true, true, false]);
    spoken.reached(NEW);
    assert.equal(spoken.speaks(OLD), undefined);
  });
});
