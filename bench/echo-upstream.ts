/*
 * The scripted MCP server over HTTP: `/legacy/json`, `/legacy/sse`, `/modern/json`, `/modern/sse`.
 *
 * The path decides the era and the framing of answers, so that one process stands behind every proxy. It answers
 * `initialize` with a session id, because legacy clients and gateways then carry one, but keeps nothing under it.
 */
import { createServer, type Socket } from 'node:net';
import { answerTo, type Era, type Scripted } from './echo-answers.ts';
import { type HttpMessage, HttpReader } from './http-wire.ts';

const EMPTY = 'content-length: 0\r\n\r\n';
const SSE_HEAD = 'content-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n';
const REASON: Readonly<Record<number, string>> = { 200: 'OK', 400: 'Bad Request', 404: 'Not Found' };

let sessionsOpened = 0;

function startLine(status: number): string {
  return `HTTP/1.1 ${status} ${REASON[status] ?? 'Unknown'}\r\n`;
}

function asJson(answer: Scripted, extraHead: string): string {
  const bytes = answer.lead.length + answer.tail.length;
  return `${startLine(answer.status)}${extraHead}content-type: application/json\r\ncontent-length: ${bytes}\r\n\r\n${answer.lead}`;
}

const EVENT = 'event: message\ndata: ';
const EVENT_END = '\n\n';

function asSse(answer: Scripted, extraHead: string): string {
  const bytes = EVENT.length + answer.lead.length + answer.tail.length + EVENT_END.length;
  return `${startLine(answer.status)}${extraHead}${SSE_HEAD}${bytes.toString(16)}\r\n${EVENT}${answer.lead}`;
}

function write(socket: Socket, answer: Scripted, lead: string, end: string): void {
  if (answer.tail.length === 0) {
    socket.write(lead + end, 'latin1');
    return;
  }
  socket.cork();
  socket.write(lead, 'latin1');
  socket.write(answer.tail);
  if (end) socket.write(end, 'latin1');
  socket.uncork();
}

function respond(socket: Socket, message: HttpMessage): void {
  const { head } = message;
  const era: Era = head.startsWith('/modern/', 5) ? 'modern' : 'legacy';
  const text = message.body.toString('latin1');
  const answer = answerTo(text, era);
  if (!answer) {
    socket.write(`HTTP/1.1 202 Accepted\r\n${EMPTY}`, 'latin1');
    return;
  }
  const session = era === 'legacy' && text.includes('"initialize"') ? newSession() : '';
  if (head.startsWith('/sse', 12) && answer.status === 200) {
    write(socket, answer, asSse(answer, session), `${EVENT_END}\r\n0\r\n\r\n`);
  } else {
    write(socket, answer, asJson(answer, session), '');
  }
}

function serve(socket: Socket, message: HttpMessage): void {
  if (message.head.startsWith('POST ')) respond(socket, message);
  else refuseVerb(socket, message.head);
}

function newSession(): string {
  sessionsOpened += 1;
  return `mcp-session-id: echo-${sessionsOpened}\r\n`;
}

/** No stream to offer (GET → 405, as MCP allows); an ended session is fine by us. */
function refuseVerb(socket: Socket, head: string): void {
  const status = head.startsWith('DELETE ') ? '200 OK' : '405 Method Not Allowed';
  socket.write(`HTTP/1.1 ${status}\r\n${EMPTY}`, 'latin1');
}

function accept(socket: Socket): void {
  const reader = new HttpReader((message) => serve(socket, message));
  socket.setNoDelay(true);
  socket.on('data', (chunk) => reader.push(chunk as Buffer));
  // A peer that goes away in the middle is a proxy being stopped: nothing to say about it.
  socket.on('error', () => socket.destroy());
}

const server = createServer(accept);
server.listen(0, '127.0.0.1', 1024, () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  console.log(JSON.stringify({ event: 'listening', url: `http://127.0.0.1:${address.port}` }));
});
process.once('SIGTERM', () => process.exit(0));
