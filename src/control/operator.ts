/*
 * What the operator of this gateway may ask for, made from the parts that know. How the asking comes is not its matter:
 * over the socket today (`operator-api.ts`), over the admin API later.
 */
import type { ServerCatalogue } from '../model/catalogue.ts';
import type { GatewayReport, Operator, ServerReport } from '../model/operator.ts';
import type { ServerDefinition } from '../model/snapshot.ts';

export interface OperatorParts {
  readonly about: () => GatewayReport;
  readonly servers: () => ReadonlyMap<string, ServerDefinition>;
  readonly catalogues: { of(server: string): ServerCatalogue };
  readonly upstreams: { of(server: string): Restartable | undefined };
}

interface Restartable {
  /** Resolves when the server is up again, or could not be reached. */
  restart(): Promise<void>;
  logs(): string;
}

export function makeOperator({ about, servers, catalogues, upstreams }: OperatorParts): Operator {
  const report = (definition: ServerDefinition) => serverReport(definition, catalogues.of(definition.name));
  return {
    about,
    servers: () => [...servers().values()].map(report),
    server: (name) => {
      const definition = servers().get(name);
      return definition && report(definition);
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
          .then(() => report(definition))
      );
    },
  };
}

function serverReport(definition: ServerDefinition, catalogue: ServerCatalogue): ServerReport {
  const { state, reason, revision, lists } = catalogue;
  return {
    name: definition.name,
    ...(definition.title === undefined ? {} : { title: definition.title }),
    transport: definition.transport.kind,
    state,
    ...(reason === '' ? {} : { reason }),
    ...(revision === undefined ? {} : { revision }),
    tools: lists.tools.entries.length,
    prompts: lists.prompts.entries.length,
    resources: lists.resources.entries.length,
    templates: lists.templates.entries.length,
    withheld: [],
  };
}
