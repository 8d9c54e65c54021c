/*
 * The normal form of a URI (RFC 3986 §6.2.2): one text for all spellings that name the same resource. Patterns compare texts,
 * so that without it a spelling that no pattern has would walk around a denial, or out of what is granted.
 *
 * Beyond the RFC it goes where URL parsers of servers go: white space is dropped, `\` is `/`, a stray `%` is `%25`, and
 * `file:/x` and `file://localhost/x` are `file:///x` (RFC 8089). It is for decisions alone: servers get what was sent.
 */

/** Whatever is not in its normal form fits, in one run over the text; what fits may be normal. */
const MAY_DIFFER =
  /[%\\\t\n\r]|[:/]\.\.?(?:[/?#]|$)|^[^!-\uffff]|[^!-\uffff]$|^[^:/?#A-Z]*[A-Z]|^[^:/?#]*:\/\/[^/?#A-Z]*[A-Z]|^file:(?!\/\/\/)/;
/** A longer text that may differ is not worth the time: 64 KiB of what is slowest take some tens of milliseconds. */
const LENGTH_MAX = 65_536;
const PARTS = /^([a-z][a-z0-9+.-]*):(\/\/[^/]*)?(.*)$/is;
const ENCODED = /%([0-9a-f]{2})?/gi;
const UNRESERVED = /[a-z0-9._~-]/i;

/** Text that is no URI is its own; undefined for one too long to say. */
export function normalUri(text: string): string | undefined {
  if (!MAY_DIFFER.test(text)) return text;
  return text.length > LENGTH_MAX ? undefined : normalized(text);
}

function normalized(text: string): string {
  const clean = trimmed(text.replaceAll(/[\t\n\r]/g, ''));
  const end = clean.search(/[?#]/);
  const [before, after] = end < 0 ? [clean, ''] : [clean.slice(0, end), clean.slice(end)];
  const parts = PARTS.exec(before.replaceAll('\\', '/'));
  if (!parts) return text;
  const scheme = lower(parts[1] ?? '');
  return `${scheme}:${placeOf(scheme, parts[2], withoutDots(decoded(parts[3] ?? '')))}${decoded(after)}`;
}

/** Authority and path. A path that begins with `//` would be read as an authority where there is none. */
function placeOf(scheme: string, written: string | undefined, path: string): string {
  const authority = written === undefined ? undefined : authorityOf(written);
  if (scheme === 'file') {
    const isLocal = authority === undefined || authority === '//localhost';
    return `${isLocal ? '//' : authority}${path.startsWith('/') ? '' : '/'}${path}`;
  }
  return (authority ?? path.startsWith('//')) ? `${authority ?? '/.'}${path}` : path;
}

/** Only the host has no case. */
function authorityOf(written: string): string {
  const host = written.lastIndexOf('@') + 1;
  return decoded(written.slice(0, host)) + decoded(lower(decoded(written.slice(host))));
}

/** Not what is reserved: `%2F` is no `/` (RFC 3986 §2.2). */
function decoded(text: string): string {
  return text.replaceAll(ENCODED, (written, code: string | undefined) => {
    if (code === undefined) return '%25';
    const char = String.fromCharCode(Number.parseInt(code, 16));
    return UNRESERVED.test(char) ? char : written.toUpperCase();
  });
}

/** RFC 3986 §5.2.4, also for paths that begin with no slash. */
function withoutDots(path: string): string {
  const root = path.startsWith('/') ? '/' : '';
  const kept: string[] = [];
  const segments = path.slice(root.length).split('/');
  segments.forEach((segment, at) => {
    const isDots = segment === '.' || segment === '..';
    if (segment === '..') kept.pop();
    if (!isDots) kept.push(segment);
    else if (at === segments.length - 1) kept.push('');
  });
  return root + kept.join('/');
}

/** No regular expression: one that looks for the blanks at the end takes quadratic time. */
function trimmed(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && text.charCodeAt(from) <= 0x20) from += 1;
  while (from < to && text.charCodeAt(to - 1) <= 0x20) to -= 1;
  return text.slice(from, to);
}

/** Of ASCII alone, which is all that a scheme and a host are matched by. */
function lower(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (run) => run.toLowerCase());
}
