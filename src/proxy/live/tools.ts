/*
 * The tools of one server as it lists them, parsed once for each list: whoever searches over ten thousand of them does not
 * parse them with every letter that is typed.
 */
import type { Entry, EntryList, ServerCatalogue } from '../../model/catalogue.ts';
import type { ToolReport, ToolsReport } from '../../model/live.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { toolAddress } from '../policy/filter.ts';

export interface ToolsParts {
  readonly snapshot: () => Snapshot;
  readonly catalogues: { of(server: string): ServerCatalogue };
}

type Parsed = Omit<ToolReport, 'killed'>;

const parsed = new WeakMap<Entry, Parsed>();
const reports = new WeakMap<
  EntryList,
  { readonly killed: ReadonlySet<string>; readonly tools: readonly ToolReport[] }
>();

export function toolsOf({ snapshot, catalogues }: ToolsParts, server: string): ToolsReport | undefined {
  const { servers, overlay } = snapshot();
  if (!servers.has(server)) return undefined;
  const { version, lists } = catalogues.of(server);
  // Nothing is the same list for all servers.
  const known = lists.tools.entries.length > 0 ? reports.get(lists.tools) : undefined;
  if (known?.killed === overlay.tools) return { server, version, tools: known.tools };
  const tools = lists.tools.entries.map((entry) => ({
    ...parsedOf(entry),
    killed: overlay.tools.has(toolAddress(server, entry.key)),
  }));
  reports.set(lists.tools, { killed: overlay.tools, tools });
  return { server, version, tools };
}

function parsedOf(entry: Entry): Parsed {
  const known = parsed.get(entry);
  if (known) return known;
  const definition = JSON.parse(entry.bytes.toString('utf8')) as Readonly<Record<string, unknown>>;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const { title, description } = definition;
  const made = { name: entry.key, title: text(title), description: text(description), definition };
  parsed.set(entry, made);
  return made;
}
