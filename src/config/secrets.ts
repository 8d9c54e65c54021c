/*
 * Every secret that a file holds, so that no message shows one: tokens, secrets of issuers and of clients, header values,
 * environment values.
 */
import { listOf, mapOf, type Raw } from './raw.ts';

export function secretsIn(file: Raw): string[] {
  const { tokens, issuers } = mapOf(file.auth);
  const entries = [...Object.values(mapOf(file.servers)), file.defaults].map(mapOf);
  const lists = [tokens, ...entries.map(({ auth }) => mapOf(auth).tokens)];
  return [
    ...lists.flatMap(listOf).map((entry) => mapOf(entry).token),
    ...listOf(issuers).map(mapOf).flatMap(secretsOfIssuer),
    ...secretsOfUrl(mapOf(file.storage).url),
    ...entries.flatMap((entry) => [...Object.values(mapOf(entry.headers)), ...Object.values(mapOf(entry.env))]),
  ].filter((value) => typeof value === 'string');
}

/** The whole, and the password alone, as written and as meant. */
function secretsOfUrl(url: unknown): readonly unknown[] {
  if (typeof url !== 'string' || !URL.canParse(url)) return [url];
  const { password } = new URL(url);
  if (password === '') return [url];
  try {
    return [url, password, decodeURIComponent(password)];
  } catch {
    return [url, password];
  }
}

function secretsOfIssuer({ secrets, introspection }: Raw): readonly unknown[] {
  return [...listOf(secrets), mapOf(introspection).clientSecret];
}
