import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Gauge } from './gauge.ts';

test('a gauge counts as a list of those inside would', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', '__proto__'), max: fc.nat(3), leaves: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const gauge = new Gauge();
      const inside: string[] = [];
      const count = (key: string) => inside.filter((one) => one === key).length;
      for (const { key, max, leaves } of steps) {
        if (leaves) {
          gauge.leave(key);
          if (count(key) > 0) inside.splice(inside.indexOf(key), 1);
        } else {
          const fits = count(key) < max;
          assert.equal(gauge.enter(key, max), fits);
          if (fits) inside.push(key);
        }
        assert.equal(gauge.of(key), count(key));
      }
    }),
  );
});

test('keys that come and go by the thousand are counted right', () => {
  const gauge = new Gauge();
  for (let at = 0; at < 3_000; at++) {
    assert.equal(gauge.enter(`k${at}`, 1), true);
    if (at % 2 === 0) gauge.leave(`k${at}`);
  }
  for (let at = 0; at < 3_000; at++) assert.equal(gauge.of(`k${at}`), at % 2);
});
