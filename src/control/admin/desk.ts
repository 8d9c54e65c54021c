/*
 * The admin API as the listeners have it: there from the first request on, loaded after the gateway serves calls.
 *
 * The web framework and the schemas take longer to load than a client of MCP should wait for, so the composition root opens
 * the desk when its listeners stand. A request that comes before waits.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ADMIN_ERRORS, AdminError, type AdminErrorName } from '../../model/admin-errors.ts';
import type { AdminApp, AdminAppParts } from './app.ts';
import { failureOf } from './envelope.ts';
import type { Facts } from './gate.ts';
import { languageOf } from './language.ts';
import { refusedOf } from './refusals.ts';

export interface Desk {
  handle(request: IncomingMessage, response: ServerResponse, facts: Facts): void;
  /** JSON of a refusal of the listener, in the form of this API. */
  refusal(status: number, say: string): string;
  /** Loads it; rejects with why it cannot be. */
  open(): Promise<void>;
  close(): Promise<void>;
}

/** `parts` are asked for once, when the desk opens. */
export function adminDesk(parts: () => Promise<AdminAppParts>): Desk {
  let app: AdminApp | undefined;
  let opening: Promise<AdminApp> | undefined;
  const open = async (): Promise<AdminApp> => {
    opening ??= load(parts);
    app = await opening;
    return app;
  };
  return {
    handle: (request, response, facts) => {
      if (app) app.handle(request, response, facts);
      else
        open().then(
          (opened) => opened.handle(request, response, facts),
          () => answerUnopened(request, response),
        );
    },
    refusal,
    open: () => open().then(() => undefined),
    close: async () => (await opening?.catch(() => undefined))?.close(),
  };
}

async function load(parts: () => Promise<AdminAppParts>): Promise<AdminApp> {
  const { openAdminApp } = await import('./app.ts');
  const { serveReference } = await import('./docs.ts');
  return openAdminApp({ beside: serveReference, ...(await parts()) });
}

function answerUnopened({ headers }: IncomingMessage, response: ServerResponse): void {
  const refused = refusedOf(new AdminError('unavailable'), languageOf(headers['accept-language']));
  response.writeHead(refused.status, refused.headers).end(refused.body);
}

/** The listener's own words, under the number that is nearest. */
function refusal(status: number, say: string): string {
  const kind = NEAREST.find((name) => ADMIN_ERRORS[name].http === status) ?? 'parameter_wrong';
  return JSON.stringify(failureOf(new AdminError(kind, { say }), 'en'));
}

const NEAREST: readonly AdminErrorName[] = ['forbidden', 'not_found', 'body_too_large', 'method_refused', 'internal'];
