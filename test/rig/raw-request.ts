/*
 * HTTP by hand over a socket, so that heads can be sent that no client library lets through.
 */
import { connect, type Socket } from 'node:net';

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  /** Sent in this order and spelling, twice if given twice. Host and Content-Length are added when absent. */
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | Buffer;
  /** Leaves out the fields that are usually added. */
  readonly bare?: boolean;
}

export interface RawResponse {
  readonly status: number;
  /** As they came. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** The value of a field; undefined when absent. */
  header(name: string): string | undefined;
}

/** One connection, for as many requests as it carries. */
export class RawConnection {
  readonly socket: Socket;
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake();
    });
    const end = (): void => {
      this.#ended = true;
      this.#wake();
    };
    socket.on('error', end).on('end', end).on('close', end);
  }

  static async open(port: number, host = '127.0.0.1'): Promise<RawConnection> {
    const socket = connect(port, host);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawConnection(socket);
  }

  /** Puts bytes on the wire as they stand. */
  write(bytes: string | Buffer): void {
    this.socket.write(bytes);
  }

  async send(request: RawRequest): Promise<RawResponse> {
    this.write(wireFormat(request, `127.0.0.1:${this.socket.remotePort}`));
    return this.response();
  }

  /** The next response. Rejects when the connection ends before it is whole. */
  async response(): Promise<RawResponse> {
    const head = await this.#take('\r\n\r\n');
    const [statusLine = '', ...lines] = head.split('\r\n');
    const headers = lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    });
    const header = (name: string): string | undefined =>
      headers.find(([found]) => found.toLowerCase() === name.toLowerCase())?.[1];
    const status = Number(statusLine.split(' ')[1]);
    if (status === 100) return this.response();
    return { status, headers, header, body: await this.#body(header) };
  }

  /** Resolves when the other side has closed. */
  async closed(): Promise<void> {
    while (!this.#ended) await this.#more();
  }

  /** What has come and was not read as a response. */
  received(): string {
    return this.#bytes.toString('latin1');
  }

  close(): void {
    this.socket.destroy();
  }

  async #body(header: RawResponse['header']): Promise<string> {
    if (header('transfer-encoding') === 'chunked') return this.#chunkedBody();
    const length = header('content-length');
    if (length !== undefined) return (await this.#takeBytes(Number(length))).toString('utf8');
    await this.closed();
    return (await this.#takeBytes(this.#bytes.length)).toString('utf8');
  }

  async #chunkedBody(): Promise<string> {
    const chunks: Buffer[] = [];
    for (;;) {
      const size = Number.parseInt(await this.#take('\r\n'), 16);
      chunks.push(await this.#takeBytes(size));
      await this.#take('\r\n');
      if (size === 0) return Buffer.concat(chunks).toString('utf8');
    }
  }

  async #take(until: string): Promise<string> {
    while (this.#bytes.indexOf(until) < 0) await this.#need();
    const at = this.#bytes.indexOf(until);
    const text = this.#bytes.toString('latin1', 0, at);
    this.#bytes = this.#bytes.subarray(at + until.length);
    return text;
  }

  async #takeBytes(count: number): Promise<Buffer> {
    while (this.#bytes.length < count) await this.#need();
    const taken = this.#bytes.subarray(0, count);
    this.#bytes = this.#bytes.subarray(count);
    return taken;
  }

  #need(): Promise<void> {
    if (this.#ended) throw new Error(`the connection ended after ${JSON.stringify(this.#bytes.toString('latin1'))}`);
    return this.#more();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** One request on a connection of its own. */
export async function rawRequest(request: RawRequest & { readonly port: number }): Promise<RawResponse> {
  const connection = await RawConnection.open(request.port);
  try {
    return await connection.send(request);
  } finally {
    connection.close();
  }
}

function wireFormat(
  { method = 'POST', path = '/mcp', headers = [], body = '', bare }: RawRequest,
  host: string,
): Buffer {
  const names = headers.map(([name]) => name.toLowerCase());
  const bytes = Buffer.from(body);
  const lines = [`${method} ${path} HTTP/1.1`];
  if (!bare && !names.includes('host')) lines.push(`Host: ${host}`);
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  const framed = names.includes('content-length') || names.includes('transfer-encoding');
  if (!bare && !framed && bytes.length > 0) lines.push(`Content-Length: ${bytes.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}
