/*
 * Names of columns as rows have them: `created_at_ms` → `createdAtMs`. The way back is Kysely's; this one is done in the
 * worker, once for every answer, and that has no Kysely.
 */

export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
