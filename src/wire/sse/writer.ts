/*
 * Messages as server-sent events (WHATWG HTML § 9.2.5, "Parsing an event stream").
 *
 * A message is one `data:` line. Where its bytes have raw newlines (blanks between JSON tokens; never inside strings)
 * they become several lines, which readers join again by LF. CR alone ends a line too, so it is treated alike.
 */

const LF = 0x0a;
const CR = 0x0d;

export interface SseEventFields {
  readonly id?: string;
  readonly event?: string;
}

/** What keeps an idle stream open: a comment, which readers drop. */
export const SSE_KEEPALIVE: Buffer = sseComment('');

/** One event with the message as its data. Throws TypeError on an id or type that would end its line. */
export function sseEvent(message: Buffer | string, fields?: SseEventFields): Buffer {
  const bytes = typeof message === 'string' ? Buffer.from(message) : message;
  const head = `${field('id', fields?.id)}${field('event', fields?.event)}data: `;
  const isOneLine = bytes.indexOf(LF) < 0 && bytes.indexOf(CR) < 0;
  const data = isOneLine ? bytes : Buffer.from(lines(bytes.toString('latin1')).join('\ndata: '), 'latin1');
  const out = Buffer.allocUnsafe(Buffer.byteLength(head) + data.length + 2);
  const at = out.write(head);
  data.copy(out, at);
  out[at + data.length] = LF;
  out[at + data.length + 1] = LF;
  return out;
}

export function sseComment(text: string): Buffer {
  return Buffer.from(`: ${lines(text).join('\n: ')}\n\n`);
}

function field(name: string, value: string | undefined): string {
  if (value === undefined) return '';
  // A NUL in an id makes readers drop it.
  if (/[\r\n\0]/.test(value)) throw new TypeError(`an SSE ${name} must be one line without NUL`);
  return `${name}: ${value}\n`;
}

function lines(text: string): string[] {
  return text.split(/\r\n|\n|\r/);
}
