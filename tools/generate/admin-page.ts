/*
 * `docs/reference/admin-api.md`: what holds for every route of the admin API, its routes, and its errors in both languages.
 */
import { BUILT_IN_ROLES, rightsOf } from '../../src/control/admin/rights.ts';
import type { AdminRoute } from '../../src/control/admin/route.ts';
import { ADMIN_ERRORS } from '../../src/model/admin-errors.ts';
import { ROUTES } from './admin-document.ts';
import { code, page, table } from './markdown.ts';

const INTRO = `What can be configured can be managed while the gateway runs. This page is the short form; \`/docs\` of a gateway is the
reference to try out, and \`api/openapi.json\` its document, from which clients can be generated.

## Requests

Paths have one spelling; percent-encoding is for the query alone. A body is one JSON document (\`Content-Type: application/json\`)
that every parser reads alike: no key twice, no \`__proto__\`, no half surrogate pairs. Fields that a route does not know are
errors, and all that is wrong is told at once, each by its name: \`body.url\`, \`query.limit\`, \`header.if-match\`.

**Who.** \`Authorization: Bearer\`, with the token of a login or an API key (\`gwk_…\`); nothing else is looked at, no cookie and
no query. A key does what its \`api\` says (\`read\`, \`write\`) and what the roles of its user allow, but makes and changes no
credentials and manages no organisations: those routes take a login.

**Where.** Everything belongs to an organisation, and everybody acts in one: that of the login or of the key. A
\`system_admin\` who is logged in may add \`?organisation=name\` to any route. What belongs to another organisation does not exist.

**Changes.** An object's \`version\` is its ETag. Who changes or deletes it sends the one that was read: \`If-Match: "3"\`. Without
it the answer is 428, with another one 412; \`*\` is not taken, for it would overwrite what nobody has read. PATCH merges: what is left
out stays, \`null\` clears. Objects of the configuration file have the origin \`file\` and are read-only.

**Lists** come in pages: \`limit\` (1 to 200, default 50), \`sort\` (\`-\` in front: descending), \`cursor\` (\`nextCursor\` of the page before; at
the end there is none). A cursor stands for a place and not for a number, so that changes in between repeat nothing and hide nothing.

## Answers

\`\`\`json
{"code": 0, "message": "success", "data": {}}
{"code": 4001, "error": "parameter_wrong", "message": "A parameter is wrong.", "errors": [{"field": "body.url", "message": "Is required."}]}
\`\`\`

\`code\` and \`error\` are for programs (several errors share a code), \`message\` is for people: in English, or in Chinese where \`Accept-Language\` prefers
it. Times are RFC 3339 in UTC, ids are opaque. Every answer has \`X-Request-Id\` and \`Cache-Control: no-store\`; 429 and 503 have \`Retry-After\`.`;

const RIGHTS = `## Roles

The built-in roles and what they are good for here. Further roles give permissions on tools, and nothing here.`;

const GATES = `## Routes

*Who* is the right that is needed: \`read\` sees what is shared, or one's own; \`own\` has objects of its own; \`manage\` has everything of an
organisation; \`system\` has the organisations. \`session\` is whoever is logged in, \`public\` everybody. *Keys* says whether an API key may.`;

export function adminPage(): string {
  const rights = BUILT_IN_ROLES.map((role) => [code(role), [...rightsOf([role])].map(code).join(', ')]);
  const errors = Object.entries(ADMIN_ERRORS).map(([name, { code: number, http, say, zh }]) => [
    ...[String(number), code(name), String(http), say, zh],
  ]);
  return page(
    'Admin API',
    '`src/control/admin/` and `src/model/admin-errors.ts`',
    INTRO,
    RIGHTS,
    table(['Role', 'Rights'], rights),
    GATES,
    ...tagsOf(ROUTES).flatMap((tag) => [`### ${tag}`, routesTable(ROUTES.filter((route) => route.tag === tag))]),
    '## Errors',
    table(['Code', 'Name', 'HTTP', 'Words', '中文'], errors),
  );
}

function tagsOf(routes: readonly AdminRoute[]): string[] {
  return [...new Set(routes.map(({ tag }) => tag))];
}

function routesTable(routes: readonly AdminRoute[]): string {
  const rows = routes.map((route) => [
    route.method,
    code(route.path),
    code(route.gate),
    keysMay(route) ? 'yes' : 'no',
    route.ifMatch ? 'yes' : '',
    route.say,
  ]);
  return table(['Method', 'Path', 'Who', 'Keys', 'If-Match', 'What'], rows);
}

function keysMay({ gate, credentials }: AdminRoute): boolean {
  return !credentials && gate !== 'session' && gate !== 'system';
}
