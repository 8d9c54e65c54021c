/*
 * `docs/reference/routes.md`, from the table of routes.
 */
import { ROUTES, type Route } from '../../src/proxy/doors/routes.ts';
import { code, page, table } from './markdown.ts';

const INTRO = `Every path that is answered on the network. A path has one spelling: with another case, a slash more, a part that is
percent-encoded or a dot segment it is not there. What is not in this table answers 401 to a stranger and 404 to everybody else.

The order in which a request is judged is the same for every path: a head that can be read in two ways is 400, a Host or Origin that is not
allowed is 403, a missing or wrong credential is 401, and only then does the path matter. A preflight request of an allowed origin
is answered without a credential, because a browser sends none with it.`;

const OUTRO = `*Public* is what a stranger gets, where authentication is configured. "On loopback" means: the listener and the client are on
loopback, the request names a loopback host, shows no credential and no sign of a proxy (\`Forwarded\`, \`X-Forwarded-For\`, \`X-Forwarded-Host\`,
\`X-Real-IP\`, \`Via\`); otherwise a credential is needed. A proxy on the same machine that adds none of these must not lead to \`/metrics\`.
\`/live\` and \`/ready\` answer any Host, all others those of the gateway alone.

Every answer has \`X-Request-Id\`: the client's own, where it has 1 to 128 characters of \`A-Z a-z 0-9 . _ ~ : / + = @ -\`, else one that is made. It
stands in log lines and events too.

The admin API has routes of its own, all below \`/api\`, with their reference below \`/docs\`: they are in [admin-api.md](admin-api.md), the public ones among them marked. It
stands on this listener while that is on loopback, otherwise on one of its own (\`admin.listen\`, default 127.0.0.1:9001); the checks of head, Host and Origin
are the same, and a refusal has the form of that API.

The operator's socket has \`/mcp\`, \`/mcp/{endpoint}\` and \`/operator/…\`; who can open it needs no credential, and nothing of it is on the network.`;

export function routesPage(): string {
  const rows = Object.values<Route>(ROUTES).map((route) => [
    route.paths.map(code).join(', '),
    route.methods.join(', '),
    publicTo(route),
    route.say,
  ]);
  const head = ['Path', 'Methods', 'Public', 'What'];
  return page('Routes', code('src/proxy/doors/routes.ts'), INTRO, table(head, rows), OUTRO);
}

function publicTo({ isPublic, isProbe }: Route): string {
  if (isPublic === undefined) return 'no';
  return isProbe ? 'yes, for any Host' : isPublic === 'everywhere' ? 'yes' : isPublic;
}
