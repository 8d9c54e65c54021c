/*
 * A client on our stdin and stdout, joined to a gateway that runs: what it says goes there, what is said there comes back,
 * byte for byte. The gateway knows lines; nothing is read here.
 */
import type { Duplex } from 'node:stream';
import type { Desk } from './desk/desk.ts';
import { Failure } from './desk/failure.ts';
import { EXIT } from './usage.ts';

export async function joined(tunnel: Duplex, { io, signal }: Pick<Desk, 'io' | 'signal'>): Promise<number> {
  const { input, output } = io.pipes();
  let isDone = false;
  const done = () => {
    isDone = true;
    input.unpipe(tunnel);
    tunnel.end();
  };
  input.once('end', done);
  signal.addEventListener('abort', done, { once: true });
  output.on('error', () => tunnel.destroy());
  const closed = new Promise((resolve) => tunnel.once('close', resolve));
  tunnel.on('error', () => undefined);
  tunnel.pipe(output, { end: false });
  input.pipe(tunnel, { end: false });
  await closed;
  await new Promise<void>((resolve) => output.write('', () => resolve()));
  if (isDone) return EXIT.ok.code;
  throw new Failure('The gateway has ended the connection.');
}
