/*
 * A named endpoint in the configuration file: chosen servers and tools under names of one's own choice. What its fields
 * mean together is checked in `endpoint-rules.ts`.
 */
import { z } from 'zod';
import { line, namePattern, text } from './fields.ts';
import { plainName, scope } from './fields-auth.ts';

/** None of them can be part of a server's name, so a prefix always ends where it should. */
export const SEPARATORS = ['__', '_', '--', ':', '::', '.', '/'] as const;

/** What the tool interfaces of language models take. */
export const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** `server.tool`, where `*` stands for any run of characters. */
const address = () => namePattern();

const change = z
  .strictObject({
    name: z
      .string()
      .regex(TOOL_NAME, 'A tool name has letters, digits, "_" and "-", and at most 64 of them.')
      .optional()
      .describe('Name of the tool at this endpoint, as it stands: no prefix is added.'),
    title: line(256).optional().describe('Name for people.'),
    description: text().min(1, 'Must not be empty.').optional().describe('What the tool does, for the model.'),
  })
  .describe('What this endpoint says of the tool instead of what its server says; what is left out stays.');

const tools = z
  .strictObject({
    allow: z.array(address()).max(10_000).optional().describe('When present, only these tools are offered here.'),
    block: z
      .array(address())
      .max(10_000)
      .optional()
      .describe('These tools are not offered here, whatever `allow` says.'),
    change: z
      .record(z.string(), change)
      .optional()
      .describe('Other names, titles and descriptions: `server.tool` → what to say.'),
  })
  .describe(
    'Which tools of the servers are offered here: `server.tool`, or patterns such as `files.read_*` and `*.search`. It narrows what the servers’ own `tools` leave.',
  );

export const endpointEntry = z
  .strictObject({
    title: line(256).optional().describe('Name for people; shown to clients.'),
    instructions: text().optional().describe('What clients are told about this endpoint, before what its servers say.'),
    servers: z
      .array(z.string())
      .max(10_000)
      .optional()
      .describe(
        'The servers behind this endpoint, in the order in which they are listed. Default: all of its organisation, and shared ones.',
      ),
    naming: z
      .enum(['prefixed', 'plain', 'merged'])
      .optional()
      .describe(
        '`prefixed`: `server__tool`. `plain`: the servers’ own names; of equal ones the first server’s is offered. `merged`: equal names are one tool, and a call goes to the first server that is there. Default `prefixed`.',
      ),
    separator: z
      .enum(SEPARATORS)
      .optional()
      .describe('Stands between server and tool where names are prefixed. Default `__`.'),
    tools: tools.optional(),
    organisation: plainName().optional().describe('The organisation whose it is. Default `default`.'),
    scopesSupported: z
      .array(scope())
      .max(1_000)
      .optional()
      .describe(
        'Scopes that clients may ask their issuer for to do more here; a tool that needs one of them is listed, and its call says what is missing.',
      ),
  })
  .describe('One named endpoint, at /mcp/{name}; `default` is /mcp itself.');

export type EndpointEntry = z.infer<typeof endpointEntry>;
