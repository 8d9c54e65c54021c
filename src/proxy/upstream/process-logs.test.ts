import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Process, ProcessLogs } from './process-logs.ts';

function saying(pid: number, text: string): Process & { text: string } {
  return {
    pid,
    text,
    stderrTail() {
      return this.text;
    },
  };
}

/** All started, in order. */
function logsOf(...processes: readonly Process[]): ProcessLogs {
  const logs = new ProcessLogs();
  for (const process of processes) logs.started(process);
  return logs;
}

describe('what the processes of a server said', () => {
  it('of one process is its own words and nothing else', () => {
    assert.equal(logsOf(saying(1, 'hello\n')).text(), 'hello\n');
    assert.equal(logsOf(saying(1, '')).text(), '');
  });

  it('of several has a line before each, the one that ended first', () => {
    const [gone, one, two] = [saying(1, 'bye'), saying(2, 'one\n'), saying(3, 'two\n')];
    const logs = logsOf(gone, one, two, saying(4, ''));
    logs.ended(gone);
    assert.equal(logs.text(), '[process 1, ended]\nbye\n[process 2]\none\n[process 3]\ntwo\n');
    assert.equal(logs.running, 3);
  });

  it('is kept of the last that ended, words that came late too', () => {
    const [first, second] = [saying(1, 'first\n'), saying(2, '')];
    const logs = logsOf(first, second);
    logs.ended(first);
    logs.ended(second);
    assert.equal(logs.text(), 'first\n');
    second.text = 'second\n';
    assert.equal(logs.text(), 'second\n');
  });

  it('is kept of the last that said anything: a quiet end does not wipe out what a crash said', () => {
    const processes = [saying(1, 'crash\n'), saying(2, ''), saying(3, '')];
    const logs = logsOf(...processes);
    for (const process of processes) logs.ended(process);
    assert.equal(logs.text(), 'crash\n');
  });
});
