/*
 * The commands for work against a gateway that runs, as a person or a script meets them: words in, streams and exit code
 * out. An older server, a newer one, and one that writes to the terminal of whoever reads it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type CliOutcome, cli as run } from '../rig/cli.ts';
import { at } from '../rig/json-rpc.ts';
import { TOOLS } from '../rig/scripted-content.ts';
import type { ScriptedTool } from '../rig/scripted-script.ts';
import { type ScriptedHttpUpstream, startScripted } from '../rig/scripted-upstream.ts';
import { openStage, type Stage } from './stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatewright-cli-work-'));
const dataDir = join(folder, 'data');
const env = { GATEWRIGHT_DATA_DIR: dataDir };

/** A-T23: clear the screen, a link, the clipboard, C1, a line of ours, a line separator, right to left. */
const EVIL = 'a\u001b[2J\u001b]8;;x\u0007\u001b]52;c;eA==\u0007\u009bm\rgatewright: all is well\u2028\u202ez';
const OBEYED = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const typed: ScriptedTool = {
  name: 'typed',
  description: 'Wants types.\nSecond line.',
  inputSchema: {
    type: 'object',
    properties: {
      count: { type: 'integer', description: 'How many.' },
      flag: { type: 'boolean' },
      tags: { type: 'array', items: { type: 'string' } },
      filter: { type: 'object', properties: { size: { type: 'number' } } },
      mode: { type: 'string', enum: ['fast', 'slow'] },
      body: { type: 'string' },
    },
    required: ['count'],
    additionalProperties: false,
  },
};
const hostile: ScriptedTool = { name: `evil${EVIL}`, description: EVIL, inputSchema: { type: 'object' } };

let old: ScriptedHttpUpstream;
let fresh: ScriptedHttpUpstream;
let stage: Stage;

before(async () => {
  old = await startScripted({ revision: '2025-11-25', transport: 'http', tools: [typed], answerAs: 'sse' });
  fresh = await startScripted({ revision: '2026-07-28', transport: 'http', tools: [hostile], answerAs: 'sse' });
  const image = { type: 'image', mimeType: 'image/png', data: Buffer.from('not really').toString('base64') };
  const link = { type: 'resource_link', uri: `x://${EVIL}`, name: EVIL };
  await old.set('tools/call big', { answer: { content: [image, link, { type: 'text', text: `red ${EVIL}` }] } });
  await fresh.set('tools/call big', {
    answer: { content: [], structuredContent: { said: EVIL }, resultType: 'complete' },
  });
  stage = await openStage({ old, fresh }, { others: { gone: { url: 'http://127.0.0.1:1/mcp' } }, gateway: { env } });
});
after(async () => {
  await stage.close();
  rmSync(folder, { recursive: true });
});

const cli = (...argv: string[]): Promise<CliOutcome> => run(argv, { env, cwd: folder });
const received = (up: ScriptedHttpUpstream): unknown =>
  at(up.received.of('tools/call').at(-1)?.message, 'params', 'arguments');

interface Row {
  readonly name: string;
  readonly argv: readonly string[];
  readonly code?: number;
  readonly out?: RegExp;
  readonly err?: RegExp;
}

const rows: readonly Row[] = [
  {
    name: 'servers says why one is away',
    argv: ['servers'],
    out: /^SERVER +STATE[\s\S]*old +ready +2025-11-25[\s\S]*gone +down .*refused/i,
  },
  {
    name: 'tools lists all, each with its server and the first line about it',
    argv: ['tools'],
    out: /typed +old +Wants types\.\n/,
    err: /^gone is down: /,
  },
  {
    name: 'tools of one server has nothing of another',
    argv: ['tools', 'old'],
    out: /^(?![\s\S]* fresh )[\s\S]*echo +old/,
  },
  {
    name: 'tools of one tool shows its arguments',
    argv: ['tools', 'old.typed'],
    out: /^old\.typed\n[\s\S]*count +integer +yes +How many\.[\s\S]*mode +fast\|slow/,
  },
  {
    name: 'an unknown server or tool is told with the nearest one',
    argv: ['tools', 'old.typd'],
    code: 6,
    err: /Did you mean "old\.typed"\?/,
  },
  { name: 'call prints the text', argv: ['call', 'old.echo', 'a=1'], out: /^\{\n {2}"a": 1\n\}\n$/ },
  { name: 'a name with two underscores is a name too', argv: ['call', 'old__echo', 'a=x'], out: /"a": "x"/ },
  { name: 'a name of one server needs no server', argv: ['call', 'typed', 'count=3'], out: /"count":3/ },
  {
    name: 'a name of several says which',
    argv: ['call', 'echo'],
    code: 6,
    err: /Several servers have a tool "echo": old\.echo, fresh\.echo/,
  },
  {
    name: 'an unknown tool of a server that is away says why',
    argv: ['call', 'gone.x'],
    code: 1,
    err: /^gatewright: gone is down: /,
  },
  {
    name: 'a tool that says it failed is exit code 5, its words on stderr',
    argv: ['call', 'old.fail'],
    code: 5,
    out: /^$/,
    err: /It failed\./,
  },
  {
    name: 'a call that failed on the way is exit code 1',
    argv: ['call', 'old.slow', 'ms=60000', '--timeout', '0.3'],
    code: 1,
    err: /no answer in time/,
  },
  {
    name: 'a bad time limit is a usage error',
    argv: ['call', 'old.echo', '--timeout', 'soon'],
    code: 2,
    err: /--timeout must be/,
  },
  {
    name: 'a missing argument is told before anything is sent',
    argv: ['call', 'old.typed'],
    code: 2,
    err: /The argument "count" is missing \(a whole number\): How many\./,
  },
  {
    name: 'an unknown argument is told with the nearest one',
    argv: ['call', 'old.typed', 'count=1', 'tagz=x'],
    code: 2,
    err: /no argument "tagz"\. Did you mean "tags"\?/,
  },
  {
    name: 'a wrong type is told with the field',
    argv: ['call', 'old.typed', 'count=many'],
    code: 2,
    err: /count must be a whole number, not "many"/,
  },
  {
    name: 'a value outside a list is told with the list',
    argv: ['call', 'old.typed', 'count=1', 'mode=huge'],
    code: 2,
    err: /mode must be one of: fast, slow/,
  },
  {
    name: 'a whole number that would lose digits is refused',
    argv: ['call', 'old.typed', 'count=12345678901234567890'],
    code: 2,
    err: /would not arrive as it is/,
  },
  {
    name: 'a word that is no argument is refused',
    argv: ['call', 'old.typed', 'count'],
    code: 2,
    err: /write key=value/,
  },
  { name: 'broken JSON is refused', argv: ['call', 'old.typed', '{"count": }'], code: 2, err: /not valid JSON/ },
  {
    name: 'a file that is not there is refused, with the way out',
    argv: ['call', 'old.typed', 'count=1', 'body=@none'],
    code: 2,
    err: /ENOENT.*body=@@none/,
  },
  {
    name: 'progress is shown on stderr',
    argv: ['call', 'old.progress', 'steps=3', 'everyMs=1'],
    out: /^progressed 3\n$/,
    err: /old\.progress: 1\/3/,
  },
  {
    name: 'progress of a newer server too',
    argv: ['call', 'fresh.progress', 'steps=3', 'everyMs=1'],
    out: /^progressed 3\n$/,
    err: /fresh\.progress: 1\/3/,
  },
  {
    name: 'log messages are shown on stderr',
    argv: ['call', 'old.log'],
    out: /^logged 1\n$/,
    err: /^\[info\] log 1\n$/,
  },
  {
    name: 'log messages of a newer server too',
    argv: ['call', 'fresh.log'],
    out: /^logged 1\n$/,
    err: /^\[info\] log 1\n$/,
  },
  {
    name: '--quiet shows neither',
    argv: ['call', 'old.progress', 'steps=2', '-q'],
    out: /^progressed 2\n$/,
    err: /^$/,
  },
  { name: 'prompts lists', argv: ['prompts', 'old'], out: /greet +old +A greeting\./ },
  { name: 'a prompt is filled in', argv: ['prompts', 'old.plain'], out: /^user:\n/ },
  { name: 'a prompt says what is missing', argv: ['prompts', 'old.greet'], code: 2, err: /"who" is missing/ },
  {
    name: 'resources lists templates too',
    argv: ['resources', 'old'],
    out: /scripted:\/\/text +old[\s\S]*scripted:\/\/item\/\{id\} +old/,
  },
  {
    name: 'a resource of several servers says which',
    argv: ['read', 'scripted://text'],
    code: 6,
    err: /old\+scripted:\/\/text, fresh\+scripted/,
  },
  {
    name: 'a resource is printed as it is',
    argv: ['read', 'old+scripted://text'],
    out: /^content of scripted:\/\/text$/,
  },
  {
    name: 'a resource that no list has is asked of its server',
    argv: ['read', 'fresh+scripted://item/7'],
    out: /^content of scripted:\/\/item\/7$/,
  },
  { name: 'a resource of nobody is told', argv: ['read', 'nope://x'], code: 6, err: /No server lists nope:\/\/x/ },
  { name: 'restart says how it went', argv: ['restart', 'old'], out: /^old is ready\n$/ },
  {
    name: 'restart of a server that cannot be reached fails',
    argv: ['restart', 'gone'],
    code: 1,
    out: /^gone is down: /,
  },
  {
    name: 'restart of an unknown server is told with the nearest',
    argv: ['restart', 'odl'],
    code: 6,
    err: /Did you mean "old"\?/,
  },
  { name: 'logs of an unknown server is told', argv: ['logs', 'nobody'], code: 6, err: /There is no server "nobody"/ },
  {
    name: 'an unknown instance is told with those that run',
    argv: ['servers', '--instance', 'nope'],
    code: 6,
    err: /"nope" is running\.\n {2}--instance [a-z0-9]{8} +http/,
  },
  { name: 'an unknown shell is told', argv: ['completion', 'tcsh'], code: 2, err: /bash, zsh, fish/ },
];

for (const { name, argv, code = 0, out = /^/, err = /^/ } of rows) {
  test(name, async () => {
    const outcome = await cli(...argv);
    assert.match(outcome.out, out, outcome.err);
    assert.match(outcome.err, err);
    assert.equal(outcome.code, code, outcome.err);
  });
}

describe('arguments arrive', () => {
  test('typed by the schema: lists, objects, files and stdin', async () => {
    writeFileSync(join(folder, 'body.txt'), 'from a file\n');
    const words = ['count=2', 'flag=true', 'tags=a', 'tags=b', 'filter.size=1.5', 'mode=slow', 'body=@body.txt'];
    assert.equal((await cli('call', 'old.typed', ...words)).code, 0);
    assert.deepEqual(received(old), {
      ...{ count: 2, flag: true, tags: ['a', 'b'], filter: { size: 1.5 } },
      ...{ mode: 'slow', body: 'from a file\n' },
    });
    assert.equal((await run(['call', 'old.typed', 'count=1', 'tags=one', 'body=-'], { env, input: 'typed' })).code, 0);
    assert.deepEqual(received(old), { count: 1, tags: ['one'], body: 'typed' });
  });

  test('as JSON, byte for byte', async () => {
    assert.equal((await cli('call', 'old.echo', '{"n": 12345678901234567890, "s":"\\u00e9"}')).code, 0);
    const body = old.received.of('tools/call').at(-1)?.body.toString('utf8') ?? '';
    assert.ok(body.includes('"arguments":{"n": 12345678901234567890, "s":"\\u00e9"}'), body);
  });

  test('as JSON from stdin', async () => {
    await run(['call', 'old.echo', '-'], { env, input: '{"from":"stdin"}' });
    assert.deepEqual(received(old), { from: 'stdin' });
  });

  test('an argument named __proto__ is only a name, and is refused like any unknown one', async () => {
    const { code, err } = await cli('call', 'old.typed', 'count=1', '__proto__.x=1');
    assert.equal(code, 2);
    assert.match(err, /no argument "__proto__"/);
  });
});

describe('for programs', () => {
  test('servers is one object', async () => {
    const { json } = await cli('servers', '--json');
    const servers = json.servers as { name: string; state: string; tools: number }[];
    assert.deepEqual(
      servers.map(({ name, state }) => [name, state]),
      [
        ['old', 'ready'],
        ['fresh', 'ready'],
        ['gone', 'down'],
      ],
    );
    assert.equal(servers[0]?.tools, TOOLS.length + 1);
  });

  test('tools has whole entries, and what is missing', async () => {
    const { json } = await cli('tools', '--json');
    const tools = json.tools as { name: string; server: string; inputSchema: unknown }[];
    assert.deepEqual(tools.find(({ name }) => name === 'typed')?.inputSchema, typed.inputSchema);
    assert.equal(at(json, 'missing', 0, 'server'), 'gone');
  });

  test('call is the result as it came', async () => {
    const { json } = await cli('call', 'old.echo', '--json', 'a=1');
    assert.deepEqual(json.structuredContent, { a: 1 });
  });

  test('what fails is an object too', async () => {
    const { json, code } = await cli('call', 'old.nope', '--json');
    assert.match(String(at(json, 'error', 'say')), /There is no tool/);
    assert.equal(code, 6);
  });
});

describe('what is no text', () => {
  test('is a note, and --output saves it', async () => {
    const shown = await cli('call', 'old.big');
    assert.match(shown.out, /\[image image\/png, 10 bytes; --output FILE saves it\]/);
    assert.equal((await cli('call', 'old.big', '-o', 'saved.png')).code, 0);
    assert.equal(readFileSync(join(folder, 'saved.png'), 'utf8'), 'not really');
  });

  test('goes into a pipe as bytes', async () => {
    assert.deepEqual((await cli('read', 'old+scripted://binary')).outBytes, Buffer.from('AAEC/w==', 'base64'));
  });
});

describe('nothing a server says reaches the terminal as anything but text (A-T23)', () => {
  const words: readonly (readonly string[])[] = [
    ['tools'],
    ['tools', 'fresh'],
    ['tools', '--json'],
    ['tools', `fresh.evil${EVIL}`],
    ['call', 'old.big'],
    ['call', 'old.big', '--json'],
    ['call', 'fresh.big'],
    ['call', `fresh.evil${EVIL}`],
    ['call', `nothing ${EVIL}`],
    ['call', 'old.log', `data=${EVIL}`, `level=${EVIL}`],
    ['__complete', '--', 'call', 'fresh.'],
  ];
  for (const argv of words) {
    test(
      argv
        .slice(0, 2)
        .join(' ')
        .replace(/[^ -~]/g, '?'),
      async () => {
        const { out, err } = await cli(...argv);
        assert.ok(out + err !== '');
        assert.doesNotMatch(out, OBEYED);
        assert.doesNotMatch(err, OBEYED);
      },
    );
  }
});
