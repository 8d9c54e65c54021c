/*
 * A stdio server on the official SDK of the first generation, whose tools ask their client: by requests, which is all it
 * knows. As a program: `node older-sdk-server.ts`.
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

const mcp = new McpServer({ name: 'older-sdk', version: '1.0.0' }, { capabilities: { tools: {} } });
const { server } = mcp;

const elicit = () =>
  server.elicitInput({
    message: 'Who?',
    requestedSchema: { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] },
  });
const sample = () =>
  server.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: 'Where?' } }], maxTokens: 9 });
const roots = () => server.listRoots();
const all = async () => [await elicit(), await sample(), await roots()];

for (const [name, ask] of Object.entries({ elicit, sample, 'list-roots': roots, all })) {
  mcp.registerTool(name, { description: `Asks: ${name}.` }, async () => ({
    content: [{ type: 'text', text: JSON.stringify(await ask()) }],
  }));
}

await mcp.connect(new StdioServerTransport());
