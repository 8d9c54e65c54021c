/*
 * A small MCP server on a pipe with one tool, `do`, that does whatever a test wants it to do: no library, one line of
 * script, so that what is bad about it is in view.
 */

/** Where `script` runs: `say(message)`, `answer(text)`, `message`, `spawn`, `once`, `writeSync`, and whatever Node has. */
const SERVER = (script: string): string => `
  const { spawn } = require('node:child_process');
  const { once } = require('node:events');
  const { writeSync } = require('node:fs');
  const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n');
  const tools = [{ name: 'do', inputSchema: { type: 'object' } }];
  const opened = { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'bad', version: '1' } };
  require('node:readline').createInterface({ input: process.stdin }).on('line', async (line) => {
    const message = JSON.parse(line);
    if (message.id === undefined) return;
    const result = (value) => say({ jsonrpc: '2.0', id: message.id, result: value });
    const answer = (text) => result({ content: [{ type: 'text', text: String(text) }] });
    if (message.method === 'initialize') result(opened);
    else if (message.method === 'tools/list') result({ tools });
    else if (message.method === 'tools/call') { ${script} }
    else say({ jsonrpc: '2.0', id: message.id, error: { code: -32601, message: 'Method not found' } });
  });`;

/** For an entry of a configuration. */
export function badChild(script: string): { readonly command: string; readonly args: readonly string[] } {
  return { command: process.execPath, args: ['-e', SERVER(script)] };
}
