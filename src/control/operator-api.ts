/*
 * The operator's questions as paths, and the answers as JSON: what there is, and nothing about how it gets here.
 *
 *   GET  /operator                     the gateway
 *   GET  /operator/servers             every server: state, reason, counts, what is withheld and why
 *   GET  /operator/logs/{server}       what its process wrote to stderr
 *   POST /operator/restart/{server}
 *
 * Whoever may ask was decided before: over the operator's socket it is the permissions of the file.
 */
import type { Operator } from '../model/operator.ts';

export interface OperatorAnswer {
  readonly status: number;
  readonly body: string;
  /** Methods that are served, when the one asked for is not. */
  readonly allow?: string;
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly answer: (operator: Operator, server: string) => unknown;
}

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/operator', { method: 'GET', answer: (operator) => operator.about() }],
  ['/operator/servers', { method: 'GET', answer: (operator) => ({ servers: operator.servers() }) }],
  ['/operator/logs/', { method: 'GET', answer: (operator, server) => operator.logs(server) }],
  ['/operator/restart/', { method: 'POST', answer: (operator, server) => operator.restart(server) }],
]);

/** A path that ends in a server's name. Names have no letters that a path would have to escape. */
const ABOUT_SERVER = /^(\/operator\/[a-z]+\/)([a-z0-9-]{1,64})$/;

export async function answerOperator(operator: Operator, method: string, path: string): Promise<OperatorAnswer> {
  const [, start = path, server = ''] = ABOUT_SERVER.exec(path) ?? [];
  const route = ROUTES.get(start);
  if (!route || (start.endsWith('/') && server === '')) return failure(404, 'path_unknown', 'Not found.');
  if (route.method !== method)
    return { ...failure(405, 'http_method', `Only ${route.method} is served here.`), allow: route.method };
  const found = await route.answer(operator, server);
  if (found === undefined) return failure(404, 'server_unknown', `There is no server "${server}".`);
  return { status: 200, body: JSON.stringify(found) };
}

function failure(status: number, code: string, say: string): OperatorAnswer {
  return { status, body: JSON.stringify({ error: { code, say } }) };
}
