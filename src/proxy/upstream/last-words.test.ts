import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lastWordsOf } from './last-words.ts';

const NODE = `file:///srv/server.js:3
throw new Error('no API key');
      ^

Error: no API key
    at file:///srv/server.js:3:7
    at ModuleJob.run (node:internal/modules/esm/module_job:343:25) {
  code: 'E_KEY'
}

Node.js v26.9.0
`;
const PYTHON = `Traceback (most recent call last):
  File "server.py", line 1, in <module>
    import nothing
ModuleNotFoundError: No module named 'nothing'
`;

describe('the last words of a process', () => {
  const rows: [string, string, string][] = [
    ['are nothing when it said nothing', ' \n\n', ''],
    ['are its last line', 'starting\nlistening\n', 'listening'],
    ['are the error of an uncaught exception, not the stack below it', NODE, 'Error: no API key'],
    ['are the error below a traceback', PYTHON, "ModuleNotFoundError: No module named 'nothing'"],
    ['are no error that is long over', `error: x\n${'fine\n'.repeat(50)}bye\n`, 'bye'],
    // Minutes, were the whole line matched.
    ['are cut before they are looked at', 'Error.'.repeat(200_000), 'Error.'.repeat(50)],
    ['are no longer than a line should be', 'x'.repeat(1_000), 'x'.repeat(300)],
  ];
  for (const [what, text, words] of rows) it(what, () => assert.equal(lastWordsOf(text), words));
});
