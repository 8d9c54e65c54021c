/*
 * Who is shown what, whatever happens: a model of viewers, servers and lists beside the real views. Every tool is named by
 * whose it is, so that one in the wrong list is seen by its name.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyRequest, freshCall, lists, madeList, madeServer, madeSnapshot, NO_CLIENT } from '../../../test/rig/made.ts';
import type { ServerState } from '../../model/catalogue.ts';
import type { ListContext } from '../../model/list-context.ts';
import { NOBODY, type Principal } from '../../model/principal.ts';
import { wholeBody } from '../../model/reply.ts';
import { listReply } from '../reply/list.ts';
import { Catalogues } from '../upstream/catalogues.ts';
import { contextOf, type Viewer } from '../upstream/variants.ts';
import { Views } from './view.ts';

const SERVERS = ['one', 'two'];
const OFFERED = ['', 'able'];
const TOOLS = 1_200;

const VIEWERS: readonly Viewer[] = ['ann', 'bob'].flatMap((id) =>
  OFFERED.map((fingerprint) => {
    const principal: Principal = { ...NOBODY, grants: 'all', id, kind: 'token' };
    return { principal, client: { ...NO_CLIENT, fingerprint }, revision: '2025-11-25' };
  }),
);

const contextFor = (server: string, viewer: Viewer): ListContext => ({ server, ...contextOf(viewer) });
const nameOf = ({ server, holder, capabilities }: ListContext) => `${server}-${JSON.parse(holder)[1]}-${capabilities}`;

type Step =
  | { readonly do: 'everybody'; readonly server: number; readonly scope: 'public' | 'private'; readonly many: boolean }
  | { readonly do: 'vary' | 'unvary'; readonly server: number; readonly viewer: number }
  | { readonly do: 'state'; readonly server: number; readonly state: ServerState };

const server = fc.nat(SERVERS.length - 1);
const viewer = fc.nat(VIEWERS.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    ...{ do: fc.constant('everybody' as const), server, many: fc.boolean() },
    scope: fc.constantFrom('public' as const, 'private' as const),
  }),
  fc.record({ do: fc.constantFrom('vary' as const, 'unvary' as const), server, viewer }),
  fc.record({ do: fc.constant('state' as const), server, state: fc.constantFrom('ready' as const, 'down' as const) }),
);

/** The real thing and what should come of it. */
function world() {
  const catalogues = new Catalogues();
  const snapshot = madeSnapshot(SERVERS.map((name) => madeServer(name)));
  const views = new Views(() => snapshot, catalogues);
  const everybodys = new Map<string, { names: string[]; scope: 'public' | 'private' }>();
  const own = new Map<string, string[]>();
  const states = new Map<string, ServerState>(SERVERS.map((name) => [name, 'ready']));
  let turn = 0;
  const put = (name: string, scope: 'public' | 'private', count: number) => {
    const names = Array.from({ length: count }, (_, n) => `${name}---${turn++}-${n}`);
    everybodys.set(name, { names, scope });
    catalogues.put(name, { lists: lists({ tools: madeList('tools', names, { ttlMs: 5_000, scope }) }) });
  };
  for (const name of SERVERS) {
    put(name, 'private', 1);
    catalogues.put(name, { state: 'ready' });
  }
  const take = (one: Step) => {
    const name = SERVERS[one.server] ?? '';
    if (one.do === 'everybody') put(name, one.scope, one.many ? TOOLS : 2);
    else if (one.do === 'state') {
      states.set(name, one.state);
      catalogues.put(name, { state: one.state });
    } else {
      const context = contextFor(name, VIEWERS[one.viewer] as Viewer);
      const names = [`${nameOf(context)}-${turn++}`];
      if (one.do === 'vary') own.set(nameOf(context), names);
      else own.delete(nameOf(context));
      catalogues.vary(context, one.do === 'vary' ? { tools: madeList('tools', names) } : {});
    }
  };
  const expected = (endpoint: string, who: Viewer) =>
    (endpoint === '' ? SERVERS : [endpoint]).flatMap((name) => {
      if (states.get(name) === 'down') return [];
      const names = own.get(nameOf(contextFor(name, who))) ?? everybodys.get(name)?.names ?? [];
      return names.map((each) => (endpoint === '' ? `${name}__${each}` : each));
    });
  const hintOf = (name: string) => ({ ttlMs: 5_000, scope: everybodys.get(name)?.scope ?? ('private' as const) });
  return { views, own, take, expected, hintOf };
}

interface Page {
  readonly tools: readonly { readonly name: string }[];
  readonly nextCursor?: string;
  readonly cacheScope: string;
}

test('every viewer is shown its own lists and everybody’s, and nobody another’s, on pages of one scope', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const { views, own, take, expected, hintOf } = world();
      for (const one of steps) {
        take(one);
        for (const who of VIEWERS) {
          for (const endpoint of ['', ...SERVERS]) {
            const view = views.seenBy({ ...who, endpoint });
            assert.ok(view);
            const pages: Page[] = [];
            do {
              const cursor = pages.at(-1)?.nextCursor;
              const said = { id: 1, method: 'tools/list', params: cursor === undefined ? {} : { cursor } };
              const call = freshCall(said, { revision: '2026-07-28' });
              const { body } = listReply(call, view, 'tools', {
                serverInfo: '{}',
                nowMs: 0,
                hintOf,
                about: anyRequest,
              });
              pages.push(JSON.parse(String(wholeBody(body ?? []))).result);
            } while (pages.at(-1)?.nextCursor !== undefined);
            const names = pages.flatMap(({ tools }) => tools.map(({ name }) => name));
            assert.deepEqual(names, expected(endpoint, who));
            assert.equal(new Set(pages.map(({ cacheScope }) => cacheScope)).size, 1);
            for (const name of names) assert.ok(view.lists.tools.names.get(name), `${name} is listed and not known`);
            const isOwn = SERVERS.some(
              (name) => own.has(nameOf(contextFor(name, who))) && expected(name, who).length > 0,
            );
            if (isOwn && endpoint === '') assert.equal(pages[0]?.cacheScope, 'private');
          }
        }
      }
    }),
    { numRuns: 40 },
  );
});

test('who sees what everybody sees shares it: the same view, and the same bytes beside a list of its own', () => {
  const { views, take } = world();
  const [ann, able] = VIEWERS as [Viewer, Viewer];
  const seen = (who: Viewer) => views.seenBy({ ...who, endpoint: '' });
  take({ do: 'vary', server: 0, viewer: 1 });
  assert.equal(seen(ann), views.of('', ann.principal));
  const [everybodys, own] = [seen(ann)?.lists, seen(able)?.lists];
  assert.notEqual(own?.tools.chunks[0], everybodys?.tools.chunks[0]);
  assert.equal(own?.tools.chunks[1], everybodys?.tools.chunks[1]);
  assert.equal(views.seenBy({ ...able, endpoint: 'two' }), views.of('two', able.principal));
  take({ do: 'unvary', server: 0, viewer: 1 });
  assert.equal(seen(able), views.of('', able.principal));
});
