/*
 * Every secret that a file holds, so that no message shows one: tokens, header values, environment values.
 */
import { mapOf } from './raw.ts';

export function secretsIn(file: Readonly<Record<string, unknown>>): string[] {
  const tokens = mapOf(file.auth).tokens;
  const entries = [...Object.values(mapOf(file.servers)), file.defaults].map(mapOf);
  return [
    ...(Array.isArray(tokens) ? tokens.map((entry: unknown) => mapOf(entry).token) : []),
    ...entries.flatMap((entry) => [...Object.values(mapOf(entry.headers)), ...Object.values(mapOf(entry.env))]),
  ].filter((value) => typeof value === 'string');
}
