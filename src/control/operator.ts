/*
 * What the operator of this gateway may ask for, made from the parts that know. How the asking comes is not its matter:
 * over the socket today (`operator-api.ts`), over the admin API later.
 */
import type { ServerCatalogue } from '../model/catalogue.ts';
import type { GatewayReport, Operator, ServerStatus, WithheldEntry } from '../model/operator.ts';
import type { ServerDefinition } from '../model/snapshot.ts';

export interface OperatorParts {
  readonly about: () => GatewayReport;
  readonly servers: () => ReadonlyMap<string, ServerDefinition>;
  readonly catalogues: { of(server: string): ServerCatalogue };
  /** By server. */
  readonly withheld: () => ReadonlyMap<string, readonly WithheldEntry[]>;
  readonly upstreams: { of(server: string): Restartable | undefined };
  readonly explain: Operator['explain'];
}

interface Restartable {
  /** Resolves when the server is up again, or could not be reached. */
  restart(): Promise<void>;
  logs(): string;
}

export function makeOperator({ about, servers, catalogues, withheld, upstreams, explain }: OperatorParts): Operator {
  const status = (definition: ServerDefinition) => serverStatus(definition, catalogues.of(definition.name));
  return {
    ...{ about, explain },
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
    restart: (server) => {
      const definition = servers().get(server);
      return (
        definition &&
        upstreams
          .of(server)
          ?.restart()
          .then(() => status(definition))
      );
    },
  };
}

export function serverStatus(definition: ServerDefinition, catalogue: ServerCatalogue): ServerStatus {
  const { state, reason, revision, lists } = catalogue;
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
