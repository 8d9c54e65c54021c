/*
 * What a server offers, as the client lists it.
 */
import assert from 'node:assert/strict';
import { at } from '../../rig/json-rpc.ts';
import type { Cell, Feature } from '../feature.ts';
import { CHANGING_URI, TEXT_URI } from '../servers/names.ts';
import { toolsOf } from '../servers/tools.ts';

const group = 'lists';

async function entryOf(cell: Cell, name: string): Promise<unknown> {
  const tools = await cell.list('tools/list', 'tools');
  return tools.find((entry) => entry.name === cell.name(name));
}

/** All of these, and none of another server. */
function includes(found: readonly unknown[], wanted: readonly string[]): void {
  assert.deepEqual(
    wanted.filter((each) => !found.includes(each)),
    [],
    'missing',
  );
}

export const LISTS: readonly Feature[] = [
  {
    name: 'tools-list',
    says: 'all tools are listed, with title, schema and annotations',
    group,
    run: async (cell) => {
      const tools = await cell.list('tools/list', 'tools');
      const names = tools.map(({ name }) => name);
      const wanted = toolsOf(cell.server.revision).map(({ entry }) => cell.name(entry.name));
      includes(names, wanted);
      if (cell.endpoint === 'mixed') return;
      const strays = names.filter((name) => !wanted.includes(String(name)) && name !== cell.name('added'));
      assert.deepEqual(strays, []);
      const plain = tools.find(({ name }) => name === cell.name('plain'));
      assert.deepEqual([plain?.title, plain?.annotations], ['Plain', { readOnlyHint: true }]);
    },
  },
  {
    name: 'unknown-fields',
    says: 'a field of an entry that no revision knows is kept',
    group,
    drivers: ['raw'],
    run: async (cell) => assert.deepEqual(at(await entryOf(cell, 'plain'), 'x-vendor'), { kept: [1.5] }),
  },
  {
    name: 'prompts-list',
    says: 'all prompts are listed, also those behind a cursor that is the empty string',
    group,
    run: async (cell) => {
      const prompts = await cell.list('prompts/list', 'prompts');
      includes(
        prompts.map(({ name }) => name),
        [cell.name('greet'), cell.name('plain')],
      );
    },
  },
  {
    name: 'resources-list',
    says: 'all resources are listed',
    group,
    run: async (cell) => {
      const resources = await cell.list('resources/list', 'resources');
      includes(
        resources.map(({ uri }) => uri),
        [cell.uri(TEXT_URI), cell.uri(CHANGING_URI)],
      );
    },
  },
  {
    name: 'templates-list',
    says: 'all resource templates are listed',
    group,
    run: async (cell) => {
      const templates = await cell.list('resources/templates/list', 'resourceTemplates');
      includes(
        templates.map(({ uriTemplate }) => uriTemplate),
        [cell.uri('era://item/{id}')],
      );
    },
  },
  {
    name: 'list-hints',
    says: 'a newer client reads how long a list holds and for whom; an older one reads no word of it',
    group,
    drivers: ['raw'],
    run: async ({ it, client }) => {
      const { result } = await it.call('tools/list');
      const { ttlMs, cacheScope, resultType } = result;
      if (!client.modern) return assert.deepEqual([ttlMs, cacheScope, resultType], [undefined, undefined, undefined]);
      assert.ok(Number.isInteger(ttlMs) && Number(ttlMs) >= 0, `ttlMs ${ttlMs}`);
      assert.ok(cacheScope === 'private' || cacheScope === 'public', `cacheScope ${cacheScope}`);
      assert.equal(resultType, 'complete');
    },
  },
];
