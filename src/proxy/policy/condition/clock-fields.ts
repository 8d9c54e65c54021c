/*
 * The parts of a point in time that conditions read, in UTC or a zone that they name.
 *
 * The library's own go through the zone of this machine, in which an hour a year does not exist.
 */

/** As CEL numbers them: months, days of a month with `getDayOfMonth` and days of a year from 0, `getDate` from 1. */
const FIELDS = {
  getFullYear: (date: Date) => date.getUTCFullYear(),
  getMonth: (date: Date) => date.getUTCMonth(),
  getDate: (date: Date) => date.getUTCDate(),
  getDayOfMonth: (date: Date) => date.getUTCDate() - 1,
  getDayOfWeek: (date: Date) => date.getUTCDay(),
  getDayOfYear: (date: Date) => Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000),
  getHours: (date: Date) => date.getUTCHours(),
  getMinutes: (date: Date) => date.getUTCMinutes(),
  getSeconds: (date: Date) => date.getUTCSeconds(),
  getMilliseconds: (date: Date) => date.getUTCMilliseconds(),
} as const;

export type TimeField = keyof typeof FIELDS;
export const TIME_FIELDS = Object.keys(FIELDS) as readonly TimeField[];

/** `zone`: `+02:00`, or a name such as `Europe/Berlin`; undefined for UTC. Throws for one that is none. */
export function timeField(name: TimeField, ms: number, zone: string | undefined): number {
  return FIELDS[name](new Date(ms + (zone === undefined ? 0 : offsetMs(ms, zone))));
}

const FIXED = /^([+-]?)(\d\d):(\d\d)$/;

function offsetMs(ms: number, zone: string): number {
  const fixed = FIXED.exec(zone);
  if (!fixed) return namedOffsetMs(ms, zone);
  const [, sign, hours, minutes] = fixed;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3_600_000 + Number(minutes) * 60_000);
}

/** Zones are few: those that conditions name. */
const FORMATS_MAX = 100;
const formats = new Map<string, Intl.DateTimeFormat>();

function namedOffsetMs(ms: number, zone: string): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? Number.NaN;
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return local - Math.floor(ms / 1000) * 1000;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    calendar: 'gregory',
    hourCycle: 'h23',
    timeZone: zone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  if (formats.size >= FORMATS_MAX) formats.clear();
  formats.set(zone, format);
  return format;
}
