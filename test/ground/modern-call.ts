/*
 * One call the modern way (MCP 2026-07-28, Streamable HTTP): a single request that says everything about itself.
 */

const REVISION = '2026-07-28';

export async function callTool(endpoint: string, name: string, args: object): Promise<unknown> {
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': REVISION,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': REVISION,
      'mcp-method': 'tools/call',
      'mcp-name': name,
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args, _meta } }),
  });
  const text = await response.text();
  const data = /^data: ?(.*)$/m.exec(text)?.[1];
  return JSON.parse(response.headers.get('content-type')?.startsWith('text/event-stream') ? (data ?? '') : text);
}
