/*
 * nginx as a plain reverse proxy: what a hand-tuned C proxy needs for the same bytes, understanding none of them.
 *
 * One process without a master, so that its pid is the one to measure; everything it writes lies in a folder of its own
 * that goes with it. Buffers are as large as our messages, so that it never falls back to temporary files.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Child, PROXY_CPU } from './child.ts';
import { Connection } from './connection.ts';
import { newFolder, removeFolder } from './temp-folder.ts';

const TEMP_KINDS = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
const START_TRIES = 100;

export interface Nginx {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

export function nginxPresent(): boolean {
  return spawnSync('nginx', ['-v']).status === 0;
}

const TEMP_PATHS = TEMP_KINDS.map((kind) => `${kind}_temp_path ${kind};`).join('\n');

const TUNING = `access_log off;
tcp_nodelay on;
keepalive_requests 1000000000;
keepalive_timeout 120s;
client_body_buffer_size 128k;
proxy_buffer_size 16k;
proxy_buffers 16 16k;
proxy_busy_buffers_size 64k;
proxy_http_version 1.1;
proxy_set_header Connection "";`;

function upstreamBlock(port: number): string {
  return `upstream echo {
  server 127.0.0.1:${port};
  keepalive 512;
  keepalive_requests 1000000000;
  keepalive_timeout 120s;
}`;
}

function configuration(port: number, upstreamPort: number): string {
  return `daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
error_log stderr error;
events { worker_connections 4096; }
http {
${TEMP_PATHS}
${TUNING}
${upstreamBlock(upstreamPort)}
server {
  listen 127.0.0.1:${port} backlog=1024;
  location / { proxy_pass http://echo; }
}
}
`;
}

/** nginx cannot listen on port 0 and say which one it got. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port: number): Promise<void> {
  for (let tries = 0; tries < START_TRIES; tries += 1) {
    const connection = new Connection(port);
    const up = await connection.exchange('GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n').then(
      () => true,
      () => false,
    );
    connection.close();
    if (up) return;
    await pause(5);
  }
  throw new Error('nginx does not listen');
}

export async function startNginx(upstreamPort: number): Promise<Nginx> {
  const folder = newFolder('nginx');
  const port = await freePort();
  writeFileSync(join(folder, 'nginx.conf'), configuration(port, upstreamPort));
  const child = new Child(['nginx', '-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
    cpu: PROXY_CPU,
  });
  const stop = async () => {
    await child.stop();
    removeFolder(folder);
  };
  try {
    await untilListening(port);
  } catch (error) {
    await stop();
    throw new Error(`nginx does not start: ${child.stderr}`, { cause: error });
  }
  return { pid: child.pid, port, stop };
}
