/*
 * `docs/reference/limits.md`, from the table of limits.
 */
import { LIMITS } from '../../src/model/limits.ts';
import { code, page, table } from './markdown.ts';

const INTRO = `Everything has a limit. Set one in the section \`limits\` of the configuration file; those marked *per server* also in
\`defaults\` and in a server's own entry, which win in that order. The unit is the end of the name: \`Ms\` milliseconds,
\`BytesMax\` bytes, otherwise a count. Each hit counts in \`gatewright_limit_hits_total{limit="<name>"}\`; a *rhythm* is no limit to be hit.`;

export function limitsPage(): string {
  const rows = Object.entries(LIMITS).map(([name, limit]) => [
    code(name),
    withUnit(name, limit.initial),
    `${limit.min} – ${limit.max}`,
    'perServer' in limit ? 'yes' : '',
    'paces' in limit ? `${limit.why} A rhythm.` : limit.why,
  ]);
  return page(
    'Limits',
    code('src/model/limits.ts'),
    INTRO,
    table(['Name', 'Default', 'Range', 'Per server', 'What'], rows),
  );
}

/** The number as it is written in a file, and as a person would say it. */
function withUnit(name: string, value: number): string {
  const said = spoken(name, value);
  return said === undefined ? String(value) : `${value} (${said})`;
}

function spoken(name: string, value: number): string | undefined {
  const units = name.includes('Bytes') ? BYTES : name.endsWith('Ms') ? TIME : [];
  const unit = units.find(([size]) => value >= size && value % size === 0);
  return unit === undefined ? undefined : `${value / unit[0]} ${unit[1]}`;
}

const BYTES: readonly [number, string][] = [
  [1024 * 1024, 'MiB'],
  [1024, 'KiB'],
];
const TIME: readonly [number, string][] = [
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];
