/*
 * The limits of the store as the file of a gateway states them: they hold from the start on, and that they were hit is counted.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startManaged } from '../rig/managed-gateway.ts';

test('what waits for the store beyond the limit of the file is refused, and counted as that limit', async () => {
  const { ask, url, stop } = await startManaged({ servers: {}, limits: { storeRequestsMax: 3 } });
  try {
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask('GET /api/v1/users')));
    const statuses = new Set(answers.map(({ status }) => status));
    assert.deepEqual([...statuses].sort(), [200, 503]);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /gatewright_limit_hits_total\{limit="storeRequestsMax"\} [1-9]/);
    assert.equal((await ask('GET /api/v1/users')).status, 200, 'it answers again');
  } finally {
    await stop();
  }
});
