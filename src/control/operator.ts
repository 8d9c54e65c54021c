/*
 * What the operator of this gateway may ask for, made from the parts that know. How the asking comes is not its matter:
 * over the socket today (`operator-api.ts`), over the admin API later.
 */
import type { ServerCatalogue } from '../model/catalogue.ts';
import type { GatewayReport, Operator, ServerStatus, WithheldEntry } from '../model/operator.ts';
import type { Overlay, ServerSwitch } from '../model/overlay.ts';
import type { ServerDefinition } from '../model/snapshot.ts';

export interface OperatorParts {
  readonly about: () => GatewayReport;
  readonly servers: () => ReadonlyMap<string, ServerDefinition>;
  readonly catalogues: { of(server: string): ServerCatalogue };
  /** By server. */
  readonly withheld: () => ReadonlyMap<string, readonly WithheldEntry[]>;
  readonly upstreams: { of(server: string): Restartable | undefined };
  readonly explain: Operator['explain'];
  readonly live: LiveFacts;
  readonly overlay: () => Overlay;
  readonly rules: Operator['rules'];
  readonly secrets?: Operator['secrets'];
}

type LiveFacts = Pick<Operator, 'tools' | 'tryOut' | 'addressFault' | 'sessions' | 'endSession' | 'upstreams'> & {
  /** Resolves when the lists were read anew, or could not be. */
  refresh(server: string): Promise<void> | undefined;
};

interface Restartable {
  /** Resolves when the server is up again, or could not be reached. */
  restart(): Promise<void>;
  logs(): string;
}

export function makeOperator(parts: OperatorParts): Operator {
  const { about, servers, catalogues, withheld, upstreams, explain, rules, live, overlay, secrets } = parts;
  const status = (definition: ServerDefinition) =>
    serverStatus(definition, catalogues.of(definition.name), overlay().servers.get(definition.name));
  const after = (server: string, done: Promise<void> | undefined) => {
    const definition = servers().get(server);
    return definition && done?.then(() => status(definition));
  };
  return {
    ...{ ...live, about, explain, rules, secrets },
    servers: () => {
      const kept = withheld();
      return [...servers().values()].map((definition) => ({
        ...status(definition),
        withheld: kept.get(definition.name) ?? [],
      }));
    },
    logs: (server) => {
      const upstream = upstreams.of(server);
      return upstream && { server, text: upstream.logs() };
    },
    restart: (server) => after(server, upstreams.of(server)?.restart()),
    refresh: (server) => after(server, live.refresh(server)),
  };
}

export function serverStatus(
  definition: ServerDefinition,
  catalogue: ServerCatalogue,
  held?: { readonly state: ServerSwitch; readonly reason: string },
): ServerStatus {
  const { revision, lists } = catalogue;
  const { state, reason } = held ?? catalogue;
  return {
    name: definition.name,
    ...(definition.title === undefined ? {} : { title: definition.title }),
    transport: catalogue.transport ?? definition.transport.kind,
    state,
    ...(reason === '' ? {} : { reason }),
    ...(revision === undefined ? {} : { revision }),
    tools: lists.tools.entries.length,
    prompts: lists.prompts.entries.length,
    resources: lists.resources.entries.length,
    templates: lists.templates.entries.length,
  };
}
