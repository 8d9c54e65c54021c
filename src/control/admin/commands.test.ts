import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { namesCommand } from './commands.ts';

const stdio = { type: 'stdio', command: 'touch', args: ['/c'] };

describe('a body names a command', () => {
  const rows: readonly [string, unknown, string?][] = [
    ['as an entry of the file does', stdio],
    ['under `mcpServers`', { mcpServers: { a: stdio } }],
    ['under `transport.command`', { name: 'a', transport: { command: 'touch' } }, 'body.transport.command'],
    ['under `config.stdio`', { config: { stdio: { program: 'touch' } } }, 'body.config.stdio'],
    ['by type alone', { type: 'stdio' }, 'body.type'],
    ['by transport alone', { transport: 'STDIO' }, 'body.transport'],
    ['beside a URL', { type: 'http', url: 'https://a.test', command: 'touch' }, 'body.command'],
    ['as text', { command: 'touch /c' }],
    ['as a list', { command: ['touch', '/c'] }],
    ['as nothing, which would take one away', { command: null }],
    ['as nothing at all', { command: '' }],
    ['as a scheme', { url: 'stdio:touch' }, 'body.url'],
    ['as a scheme with a part', { url: 'git+file:///etc/passwd' }],
    ['as a scheme in capitals, after blanks', { url: ' \tStDiO:touch' }],
    ['as a scheme with a line break in it', { url: 'st\ndio:touch' }],
    ['as a file', { url: 'file:///c' }],
    [
      'as a scheme among replicas',
      { replicas: [{ url: 'https://a.test' }, { url: 'stdio:c' }] },
      'body.replicas.1.url',
    ],
    ['as a scheme in a list of addresses', { urls: ['stdio:c'] }],
    ['as a scheme under another word for an address', { baseUrl: 'stdio:c' }],
    ['in capitals', { COMMAND: 'touch' }],
    ['with separators', { 'com-mand': 'touch' }],
    ['as a command line', { command_line: 'touch' }],
    ['in full-width letters', { ｃｏｍｍａｎｄ: 'touch' }],
    ['in mathematical letters', { 𝐜𝐨𝐦𝐦𝐚𝐧𝐝: 'touch' }],
    ['with Cyrillic letters', { соmmand: 'touch' }],
    ['with a Coptic letter', { ⲥommand: 'touch' }],
    ['with a long s', { ſtdio: {} }],
    ['with invisible letters', { 'com\u200bma\u00adnd\ufeff': 'touch' }],
    ['with marks', { 'c\u0301omma\u0308nd': 'touch' }],
    ['with a zero for an o', { c0mmand: 'touch' }],
    ['as a path for a key', { 'transport.command': 'touch' }],
    ['as a pointer for a key', { '/servers/a/command': 'touch' }],
    ['as JSON Patch', [{ op: 'add', path: '/command', value: 'touch' }]],
    ['in a list of lists', [[[stdio]]]],
    ['in objects that nobody knows', { a: { b: [{ c: { Command: 1 } }] } }, 'body.a.b.0.c.Command'],
    ['under the name of the prototype', JSON.parse('{"__proto__":{"command":"touch"}}')],
    ['in a change of a tool', { tools: { change: { 'a.b': { command: 'touch' } } } }],
    ['as the tool that is changed, without a server', { tools: { change: { command: 'touch' } } }],
    ['in a list where that map should be', { tools: { change: [{ 'a.command': 'touch' }, stdio] } }],
    ['beside what a call would carry', { arguments: {}, command: 'touch' }],
    ['in what a call would carry, under something else', { server: { arguments: stdio } }],
  ];
  for (const [sentence, body, place] of rows) {
    test(sentence, () => {
      const found = namesCommand(body, { carries: ['arguments'] });
      assert.notEqual(found, undefined);
      if (place !== undefined) assert.equal(found, place);
    });
  }

  test('however deep it stands', () => {
    let body: unknown = stdio;
    for (let depth = 0; depth < 20_000; depth++) body = { a: body };
    assert.notEqual(namesCommand(body), undefined);
  });

  test('wherever it is put into something else, whatever its letters', () => {
    const key = fc
      .tuple(fc.constantFrom('command', 'stdio', 'cmd'), fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }))
      .map(([word, upper]) => [...word].map((letter, at) => (upper[at] ? letter.toUpperCase() : letter)).join(''));
    const under = fc.array(fc.string(), { maxLength: 5 });
    fc.assert(
      fc.property(key, under, fc.jsonValue(), (name, path, value) => {
        const body = path.reduce<unknown>((inner, step) => ({ [`x${step}`]: inner }), { [name]: value });
        return namesCommand(body) !== undefined;
      }),
    );
  });
});

describe('a body names no command', () => {
  const rows: readonly [string, unknown][] = [
    ['when there is none', undefined],
    ['when it is text', 'command'],
    ['where a server is reached over HTTP', { name: 'command', type: 'http', url: 'https://command.test/stdio:1' }],
    ['where a tool is called so', { tools: { allow: ['command', 'stdio'], block: ['exec'] } }],
    ['where a tool that is called so is changed', { tools: { change: { 'shell.command': { name: 'run' } } } }],
    ['where it is told of', { description: 'stdio: what the command does', title: 'Command' }],
    ['where a tag, a role or a server is called so', { tags: ['stdio'], roles: ['command'], servers: ['exec'] }],
    ['where letters of other scripts are written', { title: '命令', description: 'команда' }],
  ];
  for (const [sentence, body] of rows) test(sentence, () => assert.equal(namesCommand(body), undefined));
});

test('what a call would carry is not looked into, where a route says that it is that', () => {
  const question = { tool: 'shell', arguments: stdio, request: { time: 1 } };
  assert.equal(namesCommand(question), 'body.arguments.command');
  assert.equal(namesCommand(question, { carries: ['arguments'] }), undefined);
  assert.equal(namesCommand({ questions: [question] }, { carries: ['questions.arguments'] }), undefined);
});

test('it says where in the request it stands', () => {
  assert.equal(namesCommand({ command: 'x' }, { root: 'query' }), 'query.command');
});
