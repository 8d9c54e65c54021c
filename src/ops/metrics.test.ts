import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ERRORS, type ErrorCode } from '../model/errors.ts';
import { LIMITS, type LimitName } from '../model/limits.ts';
import { Metrics } from './metrics.ts';

interface Family {
  readonly type: string;
  readonly help: string;
  /** Name and labels as written → value. */
  readonly samples: ReadonlyMap<string, number>;
}

/** Reads text exposition format 0.0.4 and accepts nothing else. */
function parsed(text: string): ReadonlyMap<string, Family> {
  assert.ok(text.endsWith('\n'));
  const families = new Map<string, Family & { samples: Map<string, number> }>();
  let helped: RegExpExecArray | null = null;
  let current: { name: string; family: Family & { samples: Map<string, number> } } | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-z_]+) (\S.*)$/.exec(line);
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
    if (help) helped = help;
    else if (type) {
      const [, name = '', kind = ''] = type;
      assert.equal(helped?.[1], name, 'HELP and TYPE stand together');
      assert.ok(!families.has(name), `${name} comes once`);
      current = { name, family: { type: kind, help: helped?.[2] ?? '', samples: new Map() } };
      families.set(name, current.family);
    } else {
      const sample =
        /^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,(?=[a-z]))?)+\})? (\d+(?:\.\d+)?(?:e[+-]\d+)?)$/.exec(line);
      assert.ok(sample && current, `not a sample: ${line}`);
      const [, name = '', labels = '', value = ''] = sample;
      const suffix = name.slice(current.name.length);
      assert.ok(name.startsWith(current.name) && (suffix === '' || current.family.type === 'histogram'), line);
      assert.ok(!current.family.samples.has(name + labels), `twice: ${line}`);
      current.family.samples.set(name + labels, Number(value));
    }
  }
  return families;
}

const call = (method: string, outcome: 'ok' | ErrorCode, durationMs: number) =>
  ({
    type: 'call',
    requestId: '',
    method,
    endpoint: '',
    server: '',
    principal: '',
    rule: '',
    outcome,
    durationMs,
  }) as const;
const read = (metrics: Metrics, name: string) => Object.fromEntries(parsed(metrics.text()).get(name)?.samples ?? []);

describe('a scrape', () => {
  test('of nothing is valid, and every family says what it is', () => {
    const families = parsed(new Metrics(new Set()).text());
    assert.deepEqual(
      [...families].map(([name, { type }]) => `${type} ${name}`),
      [
        'counter gatewright_calls_total',
        'counter gatewright_limit_hits_total',
        'counter gatewright_credentials_refused_total',
        'counter gatewright_credentials_ended_total',
        'counter gatewright_oddities_total',
        'gauge gatewright_server_state',
        'counter gatewright_server_state_changes_total',
        'histogram gatewright_call_duration_seconds',
      ],
    );
  });
  test('counts credentials that were refused, and what ended with one, by reason and by nobody’s name', () => {
    const metrics = new Metrics(new Set());
    for (const address of ['10.0.0.1', '10.0.0.2'])
      metrics.count({ type: 'credential_refused', why: 'unknown', address, slowed: false });
    metrics.count({ type: 'credential_ended', why: 'expired', principal: 'key:a' });
    assert.deepEqual(
      {
        ...read(metrics, 'gatewright_credentials_refused_total'),
        ...read(metrics, 'gatewright_credentials_ended_total'),
      },
      {
        'gatewright_credentials_refused_total{why="unknown"}': 2,
        'gatewright_credentials_ended_total{why="expired"}': 1,
      },
    );
  });
  test('counts calls by method and outcome, and unknown methods together', () => {
    const metrics = new Metrics(new Set(['tools/call']));
    for (const method of ['tools/call', 'x', 'y"\n', 'tools/call']) metrics.count(call(method, 'ok', 1));
    metrics.count(call('tools/call', 'over_limit', 1));
    assert.deepEqual(read(metrics, 'gatewright_calls_total'), {
      'gatewright_calls_total{method="tools/call",outcome="ok"}': 2,
      'gatewright_calls_total{method="other",outcome="ok"}': 2,
      'gatewright_calls_total{method="tools/call",outcome="over_limit"}': 1,
    });
  });
  test('counts limits and what servers did wrong', () => {
    const metrics = new Metrics(new Set());
    metrics.count({ type: 'limit_hit', limit: 'bodyBytesMax', principal: 'secret' });
    metrics.count({ type: 'oddity', server: 'fs', what: 'entry withheld', internal: {} });
    assert.deepEqual(read(metrics, 'gatewright_limit_hits_total'), {
      'gatewright_limit_hits_total{limit="bodyBytesMax"}': 1,
    });
    assert.deepEqual(read(metrics, 'gatewright_oddities_total'), {
      'gatewright_oddities_total{server="fs",what="entry withheld"}': 1,
    });
    assert.ok(!metrics.text().includes('secret'));
  });
  test('shows the state that each server is in now, and how often it came into each', () => {
    const metrics = new Metrics(new Set());
    for (const state of ['starting', 'starting', 'ready', 'down', 'ready', 'down'])
      metrics.count({ type: 'server_state', server: 'fs', state, reason: 'http://secret' });
    const series = (name: string, values: Record<string, number>) =>
      Object.fromEntries(
        Object.entries(values).map(([state, value]) => [`${name}{server="fs",state="${state}"}`, value]),
      );
    const now = { starting: 0, ready: 0, idle: 0, down: 1, crashed: 0, stopped: 0, maintenance: 0 };
    assert.deepEqual(read(metrics, 'gatewright_server_state'), series('gatewright_server_state', now));
    const changes = 'gatewright_server_state_changes_total';
    assert.deepEqual(read(metrics, changes), series(changes, { starting: 1, ready: 2, down: 2 }));
    assert.ok(!metrics.text().includes('secret'));
  });
  test('reads what is handed in at the moment of the scrape', () => {
    const metrics = new Metrics(new Set());
    let value = 1;
    metrics.add({ name: 'gatewright_sessions', help: 'Sessions open.', read: () => value });
    value = 7;
    assert.deepEqual(read(metrics, 'gatewright_sessions'), { gatewright_sessions: 7 });
  });
});

describe('the durations', () => {
  const histogram = (durationsMs: readonly number[]) => {
    const metrics = new Metrics(new Set());
    for (const durationMs of durationsMs) metrics.count(call('x', 'ok', durationMs));
    return read(metrics, 'gatewright_call_duration_seconds');
  };
  const name = 'gatewright_call_duration_seconds';

  test('count a call in the bucket whose bound it does not pass', () => {
    const samples = histogram([1, 1.1, 60_000, 60_001]);
    const at = (le: string) => samples[`${name}_bucket{le="${le}"}`];
    assert.deepEqual(['0.001', '0.0025', '30', '60', '+Inf'].map(at), [1, 2, 2, 3, 4]);
  });
  test('never fall from bucket to bucket, and end in the number of calls', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100_000, noNaN: true })), (durationsMs) => {
        const samples = histogram(durationsMs);
        const buckets = Object.entries(samples).filter(([key]) => key.startsWith(`${name}_bucket`));
        for (const [key, count] of buckets) {
          const bound = Number(/"(.*)"/.exec(key)?.[1]?.replace('+Inf', 'Infinity'));
          assert.equal(count, durationsMs.filter((ms) => ms / 1000 <= bound).length, key);
        }
        assert.equal(buckets.at(-1)?.[1], durationsMs.length);
        assert.equal(samples[`${name}_count`], durationsMs.length);
      }),
    );
  });
});

test('the number of series is bounded, whatever calls say', () => {
  const metrics = new Metrics(new Set(['tools/call']));
  const outcome = fc.constantFrom(...(Object.keys(ERRORS) as ErrorCode[]), 'ok' as const);
  const limit = fc.constantFrom(...(Object.keys(LIMITS) as LimitName[]));
  fc.assert(
    fc.property(fc.string(), outcome, limit, fc.string(), (method, said, name, principal) => {
      metrics.count({ ...call(method, said, 1), principal, endpoint: method, rule: method });
      metrics.count({ type: 'limit_hit', limit: name, principal });
    }),
    { numRuns: 500 },
  );
  const families = parsed(metrics.text());
  assert.ok((families.get('gatewright_calls_total')?.samples.size ?? 0) <= 2 * (Object.keys(ERRORS).length + 1));
  assert.ok((families.get('gatewright_limit_hits_total')?.samples.size ?? 0) <= Object.keys(LIMITS).length);
});
