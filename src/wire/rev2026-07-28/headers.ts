/*
 * The header fields that mirror the body (Streamable HTTP › Request Metadata, Server Validation).
 *
 * A value that is not plain visible ASCII, has blanks at its edges, or looks like the sentinel itself travels as
 * `=?base64?…?=` over its UTF-8 bytes. The body is the truth: every field is compared with it and refused when it differs.
 */
const SENTINEL = /^=\?base64\?(.*)\?=$/;
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

export function encodeHeaderValue(value: string): string {
  if (PLAIN.test(value) && !(value.startsWith('=?base64?') && value.endsWith('?='))) return value;
  return `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}

/** The value a field stands for; undefined when it has both markers and no valid Base64 of UTF-8 between them. */
export function decodeHeaderValue(field: string): string | undefined {
  const coded = SENTINEL.exec(field)?.[1];
  if (coded === undefined) return field;
  const bytes = Buffer.from(coded, 'base64');
  if (bytes.toString('base64') !== coded) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a field says what an argument says. Integers compare as numbers, booleans as their words. */
export function headerAgrees(field: string, value: string | number | boolean): boolean {
  const decoded = decodeHeaderValue(field);
  if (decoded === undefined) return false;
  if (typeof value === 'number') return /^-?\d+(\.0+)?$/.test(decoded) && Number(decoded) === value;
  return decoded === String(value);
}
