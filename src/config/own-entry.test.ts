import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './load.ts';
import { startsGateway } from './own-entry.ts';

const rows: { name: string; entry: object; own: boolean; as?: string }[] = [
  { name: 'the program', entry: { command: 'gatewright', args: ['serve'] }, own: true },
  { name: 'the program by its path', entry: { command: '/opt/bin/gatewright' }, own: true },
  { name: 'the program on Windows', entry: { command: 'C:\\tools\\gatewright.cmd' }, own: true },
  { name: 'npx', entry: { command: 'npx', args: ['-y', 'gatewright@1.2.0', '--port', '1'] }, own: true },
  { name: 'npm exec', entry: { command: 'npm', args: ['exec', '--', 'gatewright'] }, own: true },
  { name: 'node and a path', entry: { command: 'node', args: ['/opt/gatewright/bin/gatewright'] }, own: true },
  { name: 'a shell', entry: { command: 'sh', args: ['-c', 'exec npx -y gatewright connect'] }, own: true },
  { name: 'cmd', entry: { command: 'cmd', args: ['/c', 'npx', '-y', 'gatewright'] }, own: true },
  { name: 'env', entry: { command: '/usr/bin/env', args: ['A=b', 'gatewright'] }, own: true },
  { name: 'its address', entry: { url: 'http://localhost:9000/mcp' }, own: true },
  { name: 'its address in IPv6', entry: { url: 'http://[::1]:9000/mcp/x' }, own: true },
  {
    name: 'a bridge to its address',
    entry: { command: 'npx', args: ['-y', 'mcp-remote', 'http://127.0.0.1:9000/mcp'] },
    own: true,
  },
  {
    name: 'the entry that it wrote, for another port',
    entry: { url: 'http://127.0.0.1:9100/mcp' },
    own: true,
    as: 'gatewright',
  },
  { name: 'another local server', entry: { url: 'http://127.0.0.1:9100/mcp' }, own: false },
  { name: 'a server elsewhere on the same port', entry: { url: 'http://mcp.example.com:9000/mcp' }, own: false },
  {
    name: 'a server that looks after a folder of that name',
    entry: { command: 'npx', args: ['-y', 'server-filesystem', '/srv/gatewright'] },
    own: false,
  },
  { name: 'a program with a longer name', entry: { command: 'gatewright-notes' }, own: false },
];

for (const { name, entry, own, as = 'it' } of rows) {
  test(`${own ? 'is this gateway' : 'is a server like any other'}: ${name}`, () => {
    const loaded = parseConfig(JSON.stringify({ servers: { [as]: entry } }), 'gatewright.yaml', {});
    assert.ok(loaded.ok);
    const [server] = loaded.config.servers;
    assert.ok(server);
    assert.equal(startsGateway(server, 9000), own);
  });
}

test('an entry that leads back here is not served from a named file, and that is told', () => {
  const loaded = (file: object) => {
    const read = parseConfig(JSON.stringify(file), 'servers.json', {});
    assert.ok(read.ok);
    const served = read.config.servers.filter(({ enabled }) => enabled);
    return [served.map(({ name }) => name), read.warnings.map(({ field }) => field)];
  };
  const other = { command: 'node' };
  const me = { url: 'http://127.0.0.1:9000/mcp' };
  assert.deepEqual(loaded({ mcpServers: { other, me } }), [['other'], ['mcpServers.me']]);
  assert.deepEqual(loaded({ mcpServers: { other, me: { command: 'gatewright' } } }), [['other'], ['mcpServers.me']]);
  assert.deepEqual(loaded({ servers: { other, me } }), [['other'], ['servers.me']]);
  assert.deepEqual(loaded({ servers: { other, me }, listen: { port: 9001 } }), [['other', 'me'], []]);
  const short = { url: 'https://localhost/mcp' };
  assert.deepEqual(loaded({ servers: { other, me: short }, listen: { port: 443 } }), [['other'], ['servers.me']]);
  assert.deepEqual(loaded({ servers: { other, me: short }, listen: { port: 80 } }), [['other', 'me'], []]);
});
