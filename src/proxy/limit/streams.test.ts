import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeRejected, codeThrown, limitsWith } from '../../../test/rig/made.ts';
import { Cancellation } from '../../model/cancellation.ts';
import { GatewayError } from '../../model/errors.ts';
import { LOCAL_USER, NOBODY } from '../../model/principal.ts';
import { Streams } from './streams.ts';

const made = () => new Streams(() => limitsWith({ streamsPerPrincipalMax: 2 }));

test('a principal has as many streams as allowed, and not one more until one ends', () => {
  const streams = made();
  const leave = streams.enter(LOCAL_USER);
  streams.enter(LOCAL_USER);
  assert.equal(
    codeThrown(() => streams.enter(LOCAL_USER)),
    'too_many_streams',
  );
  streams.enter({ ...NOBODY, id: 'token:ann', kind: 'token' });
  leave();
  assert.equal(
    codeThrown(() => streams.enter(LOCAL_USER)),
    'nothing',
  );
});

test('a drain ends everyone who waits for it, in order, and nobody who left before', async () => {
  const streams = made();
  const heard: string[] = [];
  streams.onDrain(() => heard.push('first'));
  streams.onDrain(() => heard.push('gone'))();
  const waiting = streams.drained(new Cancellation());
  streams.drain();
  await waiting;
  assert.deepEqual(heard, ['first']);
});

test('no stream begins once a drain has begun', () => {
  const streams = made();
  streams.drain();
  assert.equal(
    codeThrown(() => streams.enter(LOCAL_USER)),
    'draining',
  );
});

test('waiting for a drain ends with the client’s stream, before or after it began', async () => {
  const streams = made();
  const cancellation = new Cancellation();
  const waiting = codeRejected(streams.drained(cancellation));
  cancellation.cancel(new GatewayError('call_cancelled'));
  assert.equal(await waiting, 'call_cancelled');
  assert.equal(await codeRejected(streams.drained(cancellation)), 'call_cancelled');
});
