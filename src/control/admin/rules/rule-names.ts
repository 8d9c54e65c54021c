/*
 * The names that rules of one organisation may name: its servers and those that are shared, as the snapshot has them
 * (`{organisation}--{name}` outside `default`), the endpoints where they are, its roles, users and what is built in.
 *
 * What another organisation has is not there, so that no suggestion tells of it.
 */
import { DEFAULT_ENDPOINT } from '../../../config/endpoint-rules.ts';
import { KnownNames, type NamesThere } from '../../../config/known-names.ts';
import type { Fault, Path } from '../../../config/problem.ts';
import { BUILT_IN_ROLES } from '../../../model/access.ts';
import type { FieldFault } from '../../../model/admin-errors.ts';
import type { ServerDefinition, Snapshot } from '../../../model/snapshot.ts';
import { entriesOf } from '../../../model/table.ts';

export interface RuleReports {
  readonly known: KnownNames;
  readonly report: (fault: Fault) => void;
  readonly faults: readonly FieldFault[];
  /** What may be meant as it is said, and looks as if it were not. */
  readonly warnings: readonly FieldFault[];
}

export function reportsOn(snapshot: Snapshot, organisation: string): RuleReports {
  const [faults, warnings]: [FieldFault[], FieldFault[]] = [[], []];
  const [report, warn] = [
    (fault: Fault) => faults.push(fieldFault(fault)),
    (fault: Fault) => warnings.push(fieldFault(fault)),
  ];
  return { known: new KnownNames(namesIn(snapshot, organisation), { report, warn }), report, faults, warnings };
}

function fieldFault({ path, say, suggestion }: Fault): FieldFault {
  return { field: fieldOf(path), say: suggestion === undefined ? say : `${say} ${suggestion}` };
}

function fieldOf(path: Path): string {
  return path.map(String).join('.').slice(0, FIELD_LENGTH_MAX);
}

const FIELD_LENGTH_MAX = 200;

function namesIn({ servers, endpoints, access, identity, people }: Snapshot, organisation: string): NamesThere {
  const isShown = (server: ServerDefinition) => server.organisation === organisation || server.visibility === 'shared';
  const shown = [...servers.values()].filter(isShown).map(({ name }) => name);
  const isThere = new Set(shown);
  const reached = [...endpoints.values()].filter((each) =>
    each.naming === 'transparent' ? each.servers.some((name) => isThere.has(name)) : each.organisation === organisation,
  );
  const roles = [...access.roles.values()].filter((role) => (role.organisation ?? organisation) === organisation);
  return {
    server: shown,
    endpoint: [DEFAULT_ENDPOINT, ...reached.flatMap(({ name }) => (name === '' ? [] : [name]))],
    role: [...BUILT_IN_ROLES, ...roles.map(({ name }) => name)],
    // Only who names a user has ten thousand of them looked at.
    get user() {
      const ofFile = [...identity.users.values()].filter((user) => user.organisation === organisation);
      const stored = [...entriesOf(people.users)].filter(([, { memberships }]) => memberships.has(organisation));
      return [...ofFile.map(({ name }) => name), ...stored.map(([name]) => name)];
    },
    organisation: [organisation],
    issuer: [],
    usersFromClaims: identity.issuers.some(({ claims }) => claims.user !== undefined),
  };
}
