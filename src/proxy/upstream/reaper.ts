/*
 * A small process of its own that ends what the gateway has started when the gateway cannot do it any more.
 *
 *   gateway ──"+4711" "-4711" …──▶ pipe ──▶ reaper          one per gateway, started with the first group
 *   gateway is killed ─▶ the pipe ends ─▶ kill -9 of every group that was told and not taken back
 *
 * It is a shell script: 1.6 MiB and 3 ms, where a Node process takes 45 MiB and 80 ms (measured, Node 26), and it needs
 * nothing but /bin/sh, on every system that has process groups. It leads a session of its own, so that neither Ctrl-C in
 * the terminal nor a kill of the gateway's group reaches it, and ignores polite signals. When it dies it is replaced.
 *
 * Between fork and "+" the gateway may die too. So each start is announced ("?" with the time). If the pipe ends after an
 * announcement, the script looks (Linux) for what this gateway alone can have left: a session leader, born since, that
 * has come to the same foster parent as the script and whose stdin, stdout and stderr are sockets, as Node makes them.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { TimerWheel } from '../timer-wheel.ts';
import type { GroupWitness } from './process-groups.ts';

/** proc_pid_stat(5): after the name come state, parent, group, session …; the 20th is the time of birth in ticks. */
const SCRIPT = `
trap '' HUP INT TERM QUIT
groups=' ' since=
while read -r line; do
  told=\${line#?}
  case $line in
    +*) since= groups="$groups$told " ;;
    -*) case $groups in *" $told "*) groups="\${groups%%" $told "*} \${groups#*" $told "}" ;; esac ;;
    [?]*) since=$told ;;
    *) since= ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
[ "$since" ] && [ -r /proc/self/stat ] || exit 0
fields() { read -r stat < "$1" && set -- \${stat##*')'} && parent=$2 group=$3 session=$4 born=\${20}; }
for pause in 0 0.1 0.3; do
  sleep $pause
  fields /proc/$$/stat && foster=$parent
  for folder in /proc/[0-9]*; do
    pid=\${folder#/proc/}
    fields "$folder/stat" || continue
    [ "$parent $group $session" = "$foster $pid $pid" ] && [ "$born" -ge "$since" ] || continue
    [ -S "$folder/fd/0" ] && [ -S "$folder/fd/1" ] && [ -S "$folder/fd/2" ] && kill -s KILL -- "-$pid"
  done
done
`;

const RESTART_AFTER_MS = 100;

export interface ReaperParts {
  readonly wheel: TimerWheel;
  readonly onOddity: (what: string, internal: Readonly<Record<string, unknown>>) => void;
}

export class Reaper implements GroupWitness {
  readonly #parts: ReaperParts;
  readonly #live = new Set<number>();
  #process: ChildProcessByStdio<Writable, null, null> | undefined;
  #closed = false;

  constructor(parts: ReaperParts) {
    this.#parts = parts;
  }

  /** Undefined while none runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  beginning(): void {
    if (!this.#process) this.#start();
    this.#tell(`?${ticksSinceBoot()}`);
  }

  added(groupId: number): void {
    this.#live.add(groupId);
    this.#tell(`+${groupId}`);
  }

  notBegun(): void {
    this.#tell('.');
  }

  cleared(groupId: number): void {
    this.#live.delete(groupId);
    this.#tell(`-${groupId}`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const reaper = this.#process;
    if (reaper?.pid === undefined) return;
    const gone = new Promise((resolve) => reaper.once('exit', resolve));
    reaper.ref();
    reaper.stdin.end();
    await gone;
  }

  #start(): void {
    if (this.#closed) return;
    // A working folder of its own, so that it keeps nobody from unmounting ours; no environment, for it needs none.
    const reaper = spawn('/bin/sh', ['-c', SCRIPT, 'gatewright-reaper'], {
      ...{ detached: true, cwd: '/', env: { PATH: '/usr/bin:/bin' } },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#process = reaper;
    reaper.stdin.on('error', () => {});
    reaper.once('error', (error) => this.#lost(reaper, error.message));
    reaper.once('exit', (code, signal) => this.#lost(reaper, String(signal ?? code)));
    // It must not keep the gateway from ending: that is what it waits for.
    reaper.unref();
    (reaper.stdin as Socket).unref();
    for (const groupId of this.#live) this.#tell(`+${groupId}`);
  }

  #lost(reaper: ChildProcessByStdio<Writable, null, null>, how: string): void {
    if (this.#process !== reaper) return;
    this.#process = undefined;
    if (this.#closed) return;
    this.#parts.onOddity('the reaper ended', { how });
    // Where it cannot be started at all it is tried again with the next group, not on and on.
    if (reaper.pid === undefined) return;
    this.#parts.wheel.arm(RESTART_AFTER_MS, () => {
      if (!this.#process && this.#live.size > 0) this.#start();
    });
  }

  /** A write to a pipe that has room is done when `write` returns; only the news of it comes later. */
  #tell(line: string): void {
    if (this.#process?.pid !== undefined) this.#process.stdin.write(`${line}\n`);
  }
}

/** On the clock of proc_pid_stat(5); `''`, which announces nothing, where there is none. */
function ticksSinceBoot(): string {
  if (process.platform !== 'linux') return '';
  try {
    return readFileSync('/proc/uptime', 'latin1').split(' ', 1)[0]?.replace('.', '') ?? '';
  } catch {
    return '';
  }
}
