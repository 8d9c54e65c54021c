/*
 * The operator's questions, asked of a running gateway over its socket (`control/operator-api.ts` answers them).
 */
import { questionJson } from '../model/explain-question.ts';
import type { ExplainQuestion, Explanation } from '../model/explanation.ts';
import type {
  GatewayReport,
  LogReport,
  RotationReport,
  SecretsReport,
  ServerReport,
  ServerStatus,
} from '../model/operator.ts';
import { bodyOf, type Exchange, exchange } from './exchange.ts';

/** A gateway that runs answers at once; one that does not within this time hangs. */
const PATIENCE_MS = 5_000;

/** What the gateway said instead of an answer. */
export class OperatorRefusal extends Error {
  override readonly name = 'OperatorRefusal';
  readonly code: string;

  constructor(code: string, say: string) {
    super(say);
    this.code = code;
  }
}

export class OperatorClient {
  readonly socketPath: string;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  about(): Promise<GatewayReport> {
    return this.#get('/operator');
  }

  async servers(): Promise<readonly ServerReport[]> {
    return (await this.#get<{ servers: ServerReport[] }>('/operator/servers')).servers;
  }

  logs(server: string): Promise<LogReport> {
    return this.#get(`/operator/logs/${encodeURIComponent(server)}`);
  }

  /** Takes as long as the server does. */
  restart(server: string): Promise<ServerStatus> {
    return this.#ask('POST', `/operator/restart/${encodeURIComponent(server)}`);
  }

  /** Takes as long as an issuer does that has to be asked. */
  explain(question: ExplainQuestion): Promise<Explanation> {
    return this.#ask('POST', '/operator/explain', { body: JSON.stringify(questionJson(question)) });
  }

  secrets(): Promise<SecretsReport> {
    return this.#get('/operator/secrets');
  }

  /** Takes as long as there are secrets. */
  rotateSecrets(): Promise<RotationReport> {
    return this.#ask('POST', '/operator/rotate-secrets');
  }

  async #get<Answer>(path: string): Promise<Answer> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    return this.#ask<Answer>('GET', path, { signal: patience }).catch((thrown: unknown) => {
      throw patience.aborted ? new OperatorRefusal('hangs', 'The gateway runs, but does not answer.') : thrown;
    });
  }

  async #ask<Answer>(
    method: 'GET' | 'POST',
    path: string,
    more: Pick<Exchange, 'body' | 'signal'> = {},
  ): Promise<Answer> {
    const response = await exchange({ socketPath: this.socketPath }, { method, path, ...more });
    const body: unknown = JSON.parse((await bodyOf(response)).toString('utf8'));
    if (response.statusCode === 200) return body as Answer;
    const { code = 'failed', say = 'The gateway refused.' } =
      (body as { error?: { code?: string; say?: string } }).error ?? {};
    throw new OperatorRefusal(String(code), say);
  }
}
