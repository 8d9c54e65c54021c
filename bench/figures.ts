/*
 * What Gatewright promises to cost, and whether this run kept the promise.
 *
 * Each figure is taken at 0.7 KB, JSON, 16 in flight unless it says otherwise, and the worse of the two eras counts.
 */
import { ERAS, type Era } from './echo-answers.ts';
import { type Measured, middle, ratio } from './measure.ts';
import type { Shape } from './payload.ts';
import type { Results } from './results.ts';
import { FROM_PACKAGE, FROM_SOURCES } from './start-up.ts';

export interface Figure {
  readonly what: string;
  readonly wanted: string;
  /** As text with its unit; undefined when this run did not measure it. */
  readonly got: string | undefined;
  readonly reached: boolean | undefined;
}

type Bound = { readonly atMost: number } | { readonly atLeast: number };

interface Place {
  readonly shape?: Shape;
  readonly connections?: number;
  readonly open?: boolean;
}

function cellAt(results: Results, era: Era, place: Place): Measured | undefined {
  return results.cells.find(
    ({ cell }) =>
      cell.era === era &&
      cell.framing === 'json' &&
      cell.shape === (place.shape ?? 'echo') &&
      cell.connections === (place.connections ?? 16) &&
      cell.callsPerSecond > 0 === (place.open ?? false),
  );
}

function worst(values: readonly number[], bound: Bound): number {
  const measured = values.filter((value) => !Number.isNaN(value));
  if (measured.length === 0) return Number.NaN;
  return 'atMost' in bound ? Math.max(...measured) : Math.min(...measured);
}

function figure(what: string, bound: Bound, unit: string, value: number): Figure {
  const limit = 'atMost' in bound ? bound.atMost : bound.atLeast;
  const wanted = `${'atMost' in bound ? '≤' : '≥'} ${limit}${unit}`;
  if (Number.isNaN(value)) return { what, wanted, got: undefined, reached: undefined };
  const reached = 'atMost' in bound ? value <= limit : value >= limit;
  return { what, wanted, got: `${value.toFixed(limit >= 100 ? 0 : 2)}${unit}`, reached };
}

function eraFigure(results: Results, what: string, place: Place, bound: Bound, unit: string, of: Of): Figure {
  const cells = ERAS.map((era) => cellAt(results, era, place)).filter((cell) => cell !== undefined);
  return figure(what, bound, unit, worst(cells.map(of), bound));
}

type Of = (measured: Measured) => number;

type Ours = 'transparent' | 'prefixed' | 'stdio' | 'bridged' | 'bridged-stdio';
const cpu = (of: Ours | 'sdk', to: 'bare' | 'nginx' | 'transparent' | 'stdio'): Of => {
  return (measured) => ratio(measured, 'cpuUsPerCall', of, to);
};

function loadFigures(results: Results): Figure[] {
  const times = ' ×';
  const at = (what: string, place: Place, bound: Bound, of: Of) => eraFigure(results, what, place, bound, times, of);
  return [
    at('CPU per call, transparent, to bare proxy', {}, { atMost: 1.3 }, cpu('transparent', 'bare')),
    at('CPU per call, transparent, to nginx', {}, { atMost: 2.5 }, cpu('transparent', 'nginx')),
    at('CPU per call, prefixed, to bare proxy', {}, { atMost: 1.4 }, cpu('prefixed', 'bare')),
    at('CPU per call, stdio upstream, to HTTP upstream', {}, { atMost: 1 }, cpu('stdio', 'transparent')),
    at('CPU per call, upstream of the other era, to the same era', {}, { atMost: 1.6 }, cpu('bridged', 'transparent')),
    at(
      '32 KB, upstream of the other era, to the same era',
      { shape: 'text' },
      { atMost: 1.6 },
      cpu('bridged', 'transparent'),
    ),
    at('CPU per call, stdio of the other era, to the same era', {}, { atMost: 1.6 }, cpu('bridged-stdio', 'stdio')),
    at('calls/s at 64, transparent, to bare proxy', { connections: 64 }, { atLeast: 0.75 }, (measured) =>
      ratio(measured, 'callsPerSecond', 'transparent', 'bare'),
    ),
    at('CPU per call, SDK on both sides, to transparent', {}, { atLeast: 10 }, cpu('sdk', 'transparent')),
    at('32 KB, one text, to bare proxy', { shape: 'text' }, { atMost: 1.3 }, cpu('transparent', 'bare')),
    at('32 KB, structured, to bare proxy', { shape: 'structured' }, { atMost: 1.6 }, cpu('transparent', 'bare')),
    at('32 KB, escaped, to bare proxy', { shape: 'escaped' }, { atMost: 1.6 }, cpu('transparent', 'bare')),
  ];
}

function tailFigures(results: Results): Figure[] {
  const place = { open: true };
  const p99 = (measured: Measured) => middle(measured, 'transparent', 'p99Ms');
  const toBare = (measured: Measured) => ratio(measured, 'p99Ms', 'transparent', 'bare');
  return [
    eraFigure(results, 'p99 at 500 calls/s, 16 connections', place, { atMost: 5 }, ' ms', p99),
    eraFigure(results, 'p99 at 500 calls/s, to bare proxy', place, { atMost: 1.5 }, ' ×', toBare),
  ];
}

function sessionFigures(results: Results): Figure[] {
  const each = results.sessions?.bytesEach ?? Number.NaN;
  const left = results.sessions?.leftOver ?? Number.NaN;
  return [
    figure('heap of an open legacy session', { atMost: 2048 }, ' B', each),
    figure('heap after all expired, to before', { atMost: 1.1 }, ' ×', left),
  ];
}

function listFigures(results: Results): Figure[] {
  const { many } = results;
  const of = (value: number | undefined) => value ?? Number.NaN;
  const held = many ? Math.max(many.heldMsCold, many.heldMsWarm, many.heldMsChanged) : Number.NaN;
  return [
    figure('10 000 tools, warm: CPU per page', { atMost: 5 }, ' ms', of(many?.warmCpuMsPerPage)),
    figure('10 000 tools, warm: time per page', { atMost: 25 }, ' ms', of(many?.warmMsPerPage)),
    figure('10 000 tools, warm: time for all pages', { atMost: 150 }, ' ms', of(many?.warmMsAllPages)),
    figure('10 000 tools: event loop held at most', { atMost: 20 }, ' ms', held),
    figure(
      '10 000 tools, first list of a new caller: event loop held',
      { atMost: 20 },
      ' ms',
      of(many?.heldMsNewCaller),
    ),
  ];
}

function credentialFigures({ credentials }: Results): Figure[] {
  const most = (values: readonly number[]) => (values.length > 0 ? Math.max(...values) : Number.NaN);
  const signed = credentials.flatMap(({ coldUs, joseUs }) => (joseUs === undefined ? [] : [coldUs / joseUs]));
  return [
    figure('warm credential, CPU', { atMost: 1 }, ' µs', most(credentials.map(({ warmUs }) => warmUs))),
    figure('signed token verified, CPU to jose alone', { atMost: 2 }, ' ×', most(signed)),
  ];
}

function decisionFigures({ decisions }: Results): Figure[] {
  const of = (words: string) => decisions.find(({ what }) => what.includes(words))?.us ?? Number.NaN;
  return [
    figure('a decision, warm, CPU', { atMost: 3 }, ' µs', of('warm')),
    figure('a decision with a condition on arguments, CPU', { atMost: 8 }, ' µs', of('on arguments')),
    figure('a decision with `matches`, CPU', { atMost: 20 }, ' µs', of('matches')),
    figure('decisions of a first list of 10 000 tools, CPU', { atMost: 20 }, ' ms', of('first list') / 1000),
  ];
}

function startFigures(results: Results): Figure[] {
  const of = (what: string) => results.startUps.find((row) => row.what === what)?.ms ?? Number.NaN;
  return [
    figure('start-up to first call, packed package', { atMost: 500 }, ' ms', of(FROM_PACKAGE)),
    figure('start-up to first call, sources', { atMost: 900 }, ' ms', of(FROM_SOURCES)),
  ];
}

export function figuresOf(results: Results): Figure[] {
  return [
    ...loadFigures(results),
    ...tailFigures(results),
    ...sessionFigures(results),
    ...listFigures(results),
    ...credentialFigures(results),
    ...decisionFigures(results),
    ...startFigures(results),
  ];
}
