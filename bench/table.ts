/*
 * The run as one page of Markdown: a table per group and era, the start-ups, the sessions, and the promised figures.
 */
import { NAMES, type Name, TITLES } from './contenders.ts';
import { ERAS } from './echo-answers.ts';
import { figuresOf } from './figures.ts';
import { type Measured, middle, ratio } from './measure.ts';
import type { Results } from './results.ts';

/** Above this share of a processor taken by others, a row is marked as disturbed. */
const FOREIGN_CORES_MAX = 0.3;

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const align = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [head, align, ...rows].map(row).join('\n');
}

function shown(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : '–';
}

function latency(value: number): string {
  return shown(value, value < 10 ? 2 : 0);
}

const COLUMNS = ['', 'in flight', 'calls/s', 'p50 ms', 'p99 ms', 'CPU µs/call', '× bare', '× nginx', 'RSS MB'];

function cellRow(measured: Measured, name: Name): string[] {
  const disturbed = middle(measured, name, 'foreignCores') > FOREIGN_CORES_MAX ? ' ~' : '';
  const { connections } = measured.cell;
  return [
    TITLES[name],
    String(connections),
    shown(middle(measured, name, 'callsPerSecond'), 0),
    latency(middle(measured, name, 'p50Ms')),
    latency(middle(measured, name, 'p99Ms')),
    shown(middle(measured, name, 'cpuUsPerCall'), 1) + disturbed,
    shown(ratio(measured, 'cpuUsPerCall', name, 'bare'), 2),
    shown(ratio(measured, 'cpuUsPerCall', name, 'nginx'), 2),
    shown(middle(measured, name, 'rssMb'), 0),
  ];
}

function groupKey({ cell }: Measured): string {
  const size = cell.shape === 'echo' ? '0.7 KB echo' : `32 KB ${cell.shape}`;
  const load = cell.callsPerSecond > 0 ? `, open loop at ${cell.callsPerSecond} calls/s` : '';
  return `${cell.framing === 'sse' ? 'SSE' : 'JSON'}, ${size}${load}`;
}

function eraTable(cells: readonly Measured[]): string {
  const names = NAMES.filter((name) => cells.some((measured) => measured.rounds[name]));
  const rising = cells.toSorted((a, b) => a.cell.connections - b.cell.connections);
  const rows = names.flatMap((name) =>
    rising.filter((measured) => measured.rounds[name]).map((measured) => cellRow(measured, name)),
  );
  return grid(COLUMNS, rows);
}

function loadSections(results: Results): string[] {
  const byKey = Map.groupBy(results.cells, groupKey);
  return [...byKey].flatMap(([key, cells]) =>
    ERAS.flatMap((era) => {
      const ofEra = cells.filter(({ cell }) => cell.era === era);
      return ofEra.length > 0 ? [`### ${key}, ${era}`, eraTable(ofEra)] : [];
    }),
  );
}

function memorySection(results: Results): string[] {
  const rows = results.memory.map(({ name, beforeMb, afterMb }) => [
    TITLES[name],
    shown(beforeMb, 0),
    shown(afterMb, 0),
  ]);
  return rows.length > 0 ? ['### Memory (RSS, MB)', grid(['', 'before the first call', 'after the last'], rows)] : [];
}

function startSection(results: Results): string[] {
  const rows = results.startUps.map(({ what, ms, why }) => [what, ms === undefined ? `– (${why})` : shown(ms, 0)]);
  return rows.length > 0 ? ['### Start-up to first call', grid(['', 'ms'], rows)] : [];
}

function sessionSection(results: Results): string[] {
  const cost = results.sessions;
  if (!cost) return [];
  const rows = [
    ['opened', String(cost.opened)],
    ['time to open all, ms', shown(cost.openMs, 0)],
    ['heap before, MB', shown(cost.heapBeforeMb, 2)],
    ['heap with all open, MB', shown(cost.heapOpenMb, 2)],
    ['heap each, bytes', shown(cost.bytesEach, 0)],
    ['heap once expired, MB', shown(cost.heapAfterMb, 2)],
  ];
  return ['### Legacy sessions opened and abandoned', grid(['', ''], rows)];
}

function listSection(results: Results): string[] {
  const cost = results.many;
  if (!cost) return [];
  const rows = [
    ['tools, pages', `${cost.tools}, ${cost.pages}`],
    ['first list, CPU ms', shown(cost.coldCpuMs, 1)],
    ['warm, CPU ms per page', shown(cost.warmCpuMsPerPage, 2)],
    ['warm, ms per page', shown(cost.warmMsPerPage, 2)],
    ['warm, ms for all pages', shown(cost.warmMsAllPages, 1)],
    ['list after one server changed, to a warm one', `${shown(cost.changedToWarm, 2)} ×`],
    ['event loop held: first list, ms', shown(cost.heldMsCold, 1)],
    ['event loop held: warm lists, ms', shown(cost.heldMsWarm, 1)],
    ['event loop held: changes, ms', shown(cost.heldMsChanged, 1)],
    ['first list of a caller with new rights, CPU ms', shown(cost.newCallerCpuMs, 1)],
    ['event loop held: callers with new rights, ms', shown(cost.heldMsNewCaller, 1)],
  ];
  return ['### Lists of many servers', grid(['', ''], rows)];
}

function credentialSection({ credentials }: Results): string[] {
  if (credentials.length === 0) return [];
  const rows = credentials.map(({ what, warmUs, coldUs, joseUs }) => [
    what,
    shown(warmUs, 2),
    shown(coldUs, 1),
    joseUs === undefined ? '–' : shown(joseUs, 1),
  ]);
  return ['### Credentials, CPU µs each', grid(['', 'warm', 'cold', 'jose alone'], rows)];
}

function decisionSection({ decisions }: Results): string[] {
  if (decisions.length === 0) return [];
  const rows = decisions.map(({ what, us }) => [what, shown(us, 1)]);
  return ['### Decisions under 1 000 policies, CPU µs each', grid(['', ''], rows)];
}

function figureSection(results: Results): string[] {
  const rows = figuresOf(results).map(({ what, wanted, got, reached }) => {
    const verdict = reached === undefined ? 'not measured' : reached ? 'reached' : 'MISSED';
    return [what, wanted, got ?? '–', verdict];
  });
  return ['### Promised figures (worse of both eras)', grid(['', 'wanted', 'got', ''], rows)];
}

function conditions(results: Results): string {
  const { conditions: at } = results;
  const absent = results.absent.map(({ name, why }) => `${TITLES[name]} left out: ${why}.`);
  return [
    `${at.date}, Node ${at.node}, ${at.cpu}, ${at.cores} cores, ${at.pinned ? 'pinned' : 'not pinned'}, load average ${at.loadBefore.toFixed(2)} before, JSON.parse of 1 KB ${at.parseCostUs.toFixed(2)} µs.`,
    `~ marks rows in which other work on the machine or its host took more than ${FOREIGN_CORES_MAX} of a core.`,
    ...absent,
  ].join('\n');
}

export function pageOf(results: Results): string {
  const sections = [
    ...['## Benchmark', conditions(results)],
    ...figureSection(results),
    ...loadSections(results),
    ...memorySection(results),
    ...startSection(results),
    ...sessionSection(results),
    ...listSection(results),
    ...credentialSection(results),
    ...decisionSection(results),
  ];
  return `${sections.join('\n\n')}\n`;
}
