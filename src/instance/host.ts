/*
 * Where a process number means something: on one host, since one boot, in one process namespace (a container has its own).
 *
 * A data folder may be on a volume that several containers or hosts share. What one of them has written about processes
 * tells the others nothing.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

export interface Host {
  readonly name: string;
  /** Other after each boot; `''` where times of birth are dates and need no boot to count from. */
  readonly boot: string;
  readonly namespace: string;
}

export function thisHost(): Host {
  return {
    name: hostname(),
    boot: orNothing(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
    namespace: orNothing(() => readlinkSync('/proc/self/ns/pid')),
  };
}

/** `here`: its processes can be looked at. `gone`: they ended with the boot. `elsewhere`: nothing is known about them. */
export function placeOf(host: Host, here: Host): 'here' | 'gone' | 'elsewhere' {
  if (host.name === here.name && host.boot !== here.boot) return 'gone';
  return host.boot === here.boot && host.namespace === here.namespace && sameName(host, here) ? 'here' : 'elsewhere';
}

/** A boot has one name for itself; only where boots are not told apart does the host's name decide. */
function sameName(host: Host, here: Host): boolean {
  return here.boot !== '' || host.name === here.name;
}

function orNothing(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
