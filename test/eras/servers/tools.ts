/*
 * The tools of a server of the matrix, each with the revisions that can express it. A test calls them by name through
 * the gateway and judges from outside what came of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject, Revision } from '../../rig/scripted-script.ts';
import { askingTools } from './asking-tools.ts';
import { BIG, PANEL_URI, VENDOR } from './names.ts';
import type { ListKind, State } from './state.ts';
import { beginTask } from './tasks.ts';
import type { Turn } from './turn.ts';

export interface EraTool {
  readonly entry: JsonObject & { readonly name: string };
  readonly run: (turn: Turn, input: JsonObject, state: State) => Promise<JsonObject> | JsonObject;
  /** The revisions that can express it; all when left out. */
  readonly since?: Revision;
  readonly until?: Revision;
}

type RawJson = { rawJSON(text: string): unknown };
const bigInteger = (): unknown => (JSON as unknown as RawJson).rawJSON(BIG);

export function text(words: string): JsonObject {
  return { content: [{ type: 'text', text: words }] };
}

export function tool(
  name: string,
  run: EraTool['run'],
  more: Partial<EraTool> & { fields?: JsonObject } = {},
): EraTool {
  const { fields, ...rest } = more;
  return { entry: { name, description: `The tool ${name}`, inputSchema: { type: 'object' }, ...fields }, run, ...rest };
}

const region = { type: 'object', properties: { region: { type: 'string', 'x-mcp-header': 'Region' } } };
const figures = {
  type: 'object',
  properties: { big: { type: 'number' }, small: { type: 'integer' } },
  required: ['big', 'small'],
};

const TOOLS: readonly EraTool[] = [
  tool('plain', (_, { word }) => text(`you said ${word}`), {
    fields: { title: 'Plain', annotations: { readOnlyHint: true }, 'x-vendor': { kept: [1.5] } },
  }),
  tool('figures', () => ({ ...text('figures'), structuredContent: { big: bigInteger(), small: 7 } }), {
    since: '2025-06-18',
    fields: { outputSchema: figures },
  }),
  tool('row', () => ({ ...text('[1,2,3]'), structuredContent: [1, 2, 3] }), {
    since: '2026-07-28',
    fields: { outputSchema: { type: 'array', items: { type: 'integer' } } },
  }),
  tool('fails', () => ({ ...text('It failed.'), isError: true })),
  tool('meta', ({ meta }) => ({
    ...text(JSON.stringify(meta)),
    _meta: { [VENDOR]: { from: 'server' } },
    vendorField: { kept: true },
  })),
  tool('region', inRegion, { fields: { inputSchema: region } }),
  tool('panel', () => text('shown'), { fields: { _meta: { ui: { resourceUri: PANEL_URI } } } }),
  tool('progress', sendProgress),
  tool('log', writeLogs),
  tool('hold', async ({ signal }, { key }, state) => {
    await state.ledger.hold(String(key), signal);
    return text('over');
  }),
  tool(
    'ping',
    async (turn) => {
      await turn.ping();
      return text('answered');
    },
    { until: '2025-11-25' },
  ),
  tool('later', (_turn, _input, state) => beginTask(state), { since: '2026-07-28' }),
  tool('change', (_, { kind }, state) => text(state.change(kind as ListKind) ? 'added' : 'removed')),
  tool('touch', (_, { uri }, state) => {
    state.touch(String(uri));
    return text('touched');
  }),
  ...askingTools,
];

export function toolsOf(revision: Revision): readonly EraTool[] {
  return TOOLS.filter(({ since = '', until = '9' }) => since <= revision && revision <= until);
}

/** A newer server on HTTP must find the argument in its header as well (Streamable HTTP, Server Validation). */
function inRegion({ modern, header }: Turn, input: JsonObject): JsonObject {
  const mirrored = header('mcp-param-region');
  const wanted = modern && header('mcp-method') !== undefined ? input.region : undefined;
  if (mirrored !== wanted) return { ...text(`header ${mirrored} for argument ${input.region}`), isError: true };
  return text(`in ${input.region}`);
}

async function sendProgress({ meta, notify }: Turn): Promise<JsonObject> {
  const { progressToken } = meta;
  for (const progress of [1, 2, 3]) {
    if (progressToken !== undefined) await notify('notifications/progress', { progressToken, progress, total: 3 });
    await sleep(2);
  }
  return text('progressed');
}

async function writeLogs({ log }: Turn, { mark }: JsonObject): Promise<JsonObject> {
  for (const level of ['debug', 'info', 'warning', 'error']) await log(level, { mark });
  return text('logged');
}
