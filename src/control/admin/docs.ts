/*
 * The reference of the admin API that can be tried out, at `/docs`: its pages are part of the package, so it works where there is
 * no way to the internet. Public, for it shows what the documentation shows and no data.
 *
 * The document is made when it is first asked for, and kept as text.
 */
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { describeRoutes } from './openapi.ts';
import { ALWAYS } from './response-headers.ts';
import type { AdminRoute } from './route.ts';

/** Scripts and styles of our own files alone; the library sets styles of single elements, which only this word allows. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const LOGO =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 40"><text y="29" fill="#fff" font-family="sans-serif" font-size="26">Gatewright</text></svg>';

/** To be registered before the routes. */
export async function serveReference(app: FastifyInstance, routes: readonly AdminRoute[]): Promise<void> {
  await describeRoutes(app, routes);
  let document: string | undefined;
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { deepLinking: true, docExpansion: 'list', persistAuthorization: false, validatorUrl: null },
    logo: { type: 'image/svg+xml', content: LOGO },
    uiHooks: {
      onRequest: async (request, reply) => {
        reply.headers({ ...ALWAYS, 'content-security-policy': POLICY });
        if (request.raw.url?.split('?', 1)[0] !== '/docs/json') return;
        document ??= JSON.stringify(app.swagger());
        return whole(reply, document);
      },
    },
  });
}

function whole(reply: FastifyReply, document: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').serializer(String).send(document);
}
