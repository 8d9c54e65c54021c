import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Place, StartQueue } from './start-queue.ts';

/** Enters one after the other; `begun` has the names of those whose turn came, in order. */
function crowd(placesMax: number, names: string) {
  const queue = new StartQueue(() => placesMax);
  const begun: string[] = [];
  const places = new Map<string, Place>();
  const enter = (name: string, hurried = false): void => {
    const place = queue.enter(hurried);
    places.set(name, place);
    place.turn.then(() => begun.push(name));
  };
  for (const name of names) enter(name);
  const of = (name: string): Place => places.get(name) as Place;
  const order = async (): Promise<string> => {
    await new Promise(setImmediate);
    return begun.join('');
  };
  return { enter, of, order };
}

describe('the queue of those that start', () => {
  it('lets in as many as there are places, and one more for each that leaves', async () => {
    const { of, order } = crowd(2, 'abcd');
    assert.equal(await order(), 'ab');
    assert.deepEqual([of('a').queued, of('c').queued], [false, true]);
    of('b').leave();
    assert.equal(await order(), 'abc');
    of('a').leave();
    of('c').leave();
    assert.equal(await order(), 'abcd');
  });

  it('lets those first that somebody waits for, in order of the waiting', async () => {
    const { enter, of, order } = crowd(1, 'abcd');
    of('d').hurry();
    of('d').hurry();
    enter('e', true);
    for (const name of 'adebc') {
      await order();
      of(name).leave();
    }
    assert.equal(await order(), 'adebc');
  });

  it('forgets who leaves before its turn, and gives no place for that', async () => {
    const { of, order } = crowd(1, 'abc');
    of('b').leave();
    assert.equal(await order(), 'a');
    of('a').leave();
    assert.equal(await order(), 'ac');
  });
});
