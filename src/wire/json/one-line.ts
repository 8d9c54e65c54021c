/*
 * A message as one line, as stdio wants it (MCP, Transports › stdio).
 *
 * In JSON a raw line break can only be white space between tokens (RFC 8259 §2, §7), so a blank may stand for it.
 */

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;

/** The same bytes when they are one line already. */
export function oneLine(message: Buffer): Buffer {
  if (message.indexOf(LF) < 0 && message.indexOf(CR) < 0) return message;
  const line = Buffer.from(message);
  for (let at = 0; at < line.length; at++) if (line[at] === LF || line[at] === CR) line[at] = SPACE;
  return line;
}
