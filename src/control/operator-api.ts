/*
 * The operator's questions as paths, and the answers as JSON: what there is, and nothing about how it gets here.
 *
 *   GET  /operator                     the gateway
 *   GET  /operator/servers             every server: state, reason, counts, what is withheld and why
 *   GET  /operator/logs/{server}       what its process wrote to stderr
 *   POST /operator/restart/{server}
 *   POST /operator/explain             why somebody may use something; the question is the body (explain-question.ts)
 *   GET  /operator/secrets             the keys that stored secrets are sealed with
 *   POST /operator/rotate-secrets      another key; answers when everything is sealed with it
 *
 * Whoever may ask was decided before: over the operator's socket it is the permissions of the file.
 */
import { readQuestion } from '../model/explain-question.ts';
import type { Operator } from '../model/operator.ts';

export interface OperatorAnswer {
  readonly status: number;
  readonly body: string;
  /** Methods that are served, when the one asked for is not. */
  readonly allow?: string;
}

export interface OperatorAsked {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly takesBody?: true;
  readonly answer: (operator: Operator, server: string, body: Buffer) => unknown;
}

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/operator', { method: 'GET', answer: (operator) => operator.about() }],
  ['/operator/servers', { method: 'GET', answer: (operator) => ({ servers: operator.servers() }) }],
  ['/operator/logs/', { method: 'GET', answer: (operator, server) => operator.logs(server) }],
  ['/operator/restart/', { method: 'POST', answer: (operator, server) => operator.restart(server) }],
  ['/operator/secrets', { method: 'GET', answer: ({ secrets }) => ofSecrets(secrets?.status()) }],
  ['/operator/rotate-secrets', { method: 'POST', answer: ({ secrets }) => ofSecrets(secrets?.rotate()) }],
  ['/operator/explain', { method: 'POST', takesBody: true, answer: (operator, _, body) => explain(operator, body) }],
]);

/** A path that ends in a server's name. Names have no letters that a path would have to escape. */
const ABOUT_SERVER = /^(\/operator\/[a-z]+\/)([a-z0-9-]{1,64})$/;

export function takesBody(path: string): boolean {
  return ROUTES.get(path)?.takesBody === true;
}

export async function answerOperator(
  operator: Operator,
  { method, path, body }: OperatorAsked,
): Promise<OperatorAnswer> {
  const [, start = path, server = ''] = ABOUT_SERVER.exec(path) ?? [];
  const route = ROUTES.get(start);
  if (!route || (start.endsWith('/') && server === '')) return failure(404, 'path_unknown', 'Not found.');
  if (route.method !== method)
    return { ...failure(405, 'http_method', `Only ${route.method} is served here.`), allow: route.method };
  const found = await route.answer(operator, server, body);
  if (found === undefined) return failure(404, 'server_unknown', `There is no server "${server}".`);
  if (found instanceof Wrong) return failure(400, found.code, found.say);
  return { status: 200, body: JSON.stringify(found) };
}

class Wrong {
  readonly say: string;
  readonly code: 'question_wrong' | 'secrets_failed';

  constructor(say: string, code: Wrong['code'] = 'question_wrong') {
    this.say = say;
    this.code = code;
  }
}

/** What is thrown is in words for operators. */
async function ofSecrets(asked: Promise<unknown> | undefined): Promise<unknown> {
  if (!asked) return new Wrong('This gateway keeps no secrets.', 'secrets_failed');
  return asked.catch(
    (thrown: unknown) => new Wrong(thrown instanceof Error ? thrown.message : 'It failed.', 'secrets_failed'),
  );
}

function explain(operator: Operator, body: Buffer): Promise<unknown> | Wrong {
  let asked: unknown;
  try {
    asked = JSON.parse(body.toString('utf8'));
  } catch {
    return new Wrong('The question is no JSON.');
  }
  const read = readQuestion(asked);
  return 'wrong' in read ? new Wrong(read.wrong) : operator.explain(read.question);
}

function failure(status: number, code: string, say: string): OperatorAnswer {
  return { status, body: JSON.stringify({ error: { code, say } }) };
}
