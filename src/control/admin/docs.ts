/*
 * The reference of the admin API that can be tried out, at `/docs`: its pages are part of the package, so it works where there is
 * no way to the internet. Public, for it shows what the documentation shows and no data.
 *
 * The document is the one that is checked in (`openapi.ts` makes it): making it takes longer than calls should wait for.
 */
import { readFile } from 'node:fs/promises';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { ALWAYS } from './response-headers.ts';

/** As far away from the sources as from what is built of them. */
const DOCUMENT = new URL('../../../api/openapi.json', import.meta.url);

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

export async function serveReference(app: FastifyInstance): Promise<void> {
  let document: Promise<string> | undefined;
  // The pages ask for a document of this library; what is served under its path is the text of the file.
  const none = { openapi: '3.1.0', info: { title: '', version: '' }, paths: {} };
  await app.register(swagger, { mode: 'static', specification: { document: none } });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { deepLinking: true, docExpansion: 'list', persistAuthorization: false, validatorUrl: null },
    logo: { type: 'image/svg+xml', content: LOGO },
    uiHooks: {
      onRequest: async (request, reply) => {
        reply.headers({ ...ALWAYS, 'content-security-policy': POLICY });
        const path = request.raw.url?.split('?', 1)[0];
        if (path === '/docs/yaml') return reply.redirect('/docs/json');
        if (path !== '/docs/json') return;
        document ??= readFile(DOCUMENT, 'utf8');
        return whole(reply, await document);
      },
    },
  });
}

function whole(reply: FastifyReply, document: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').serializer(String).send(document);
}
