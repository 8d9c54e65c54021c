/*
 * How client and server get to know each other through the gateway, and what may always be asked.
 */
import assert from 'node:assert/strict';
import { at } from '../../rig/json-rpc.ts';
import { cannotBe } from '../cannot.ts';
import type { Feature } from '../feature.ts';
import { UI } from '../kinds.ts';

const group = 'opening';

export const OPENING: readonly Feature[] = [
  {
    name: 'version',
    says: 'the opening agrees on the revision of the client',
    group,
    run: async ({ it, client }) => assert.equal(it.opened.version, client.revision),
  },
  {
    name: 'identity',
    says: 'a transparent endpoint is introduced as its server, an aggregate as the gateway',
    group,
    run: async ({ it, server, endpoint }) => {
      const name = endpoint === 'transparent' ? server.name : 'gatewright';
      assert.equal(String(it.opened.serverInfo.name).toLowerCase(), name);
    },
  },
  {
    name: 'capabilities',
    says: 'what is advertised is what works for this client, and nothing else',
    group,
    run: async ({ it, client, server, endpoint }) => {
      const can = (feature: string) => cannotBe(feature, { client, server, endpoint }) === undefined;
      const { tools, prompts, resources, completions, logging, extensions } = it.opened.capabilities;
      const told = {
        tools: at(tools, 'listChanged'),
        prompts: at(prompts, 'listChanged'),
        resources: at(resources, 'listChanged'),
        subscribe: at(resources, 'subscribe'),
        completions: completions !== undefined,
        logging: logging !== undefined,
        ui: at(extensions, UI) !== undefined,
      };
      assert.deepEqual(told, {
        tools: can('tools-changed'),
        prompts: can('prompts-changed'),
        resources: can('resources-changed'),
        subscribe: can('subscription'),
        completions: can('completion'),
        logging: can('log'),
        ui: client.modern && server.modern,
      });
    },
  },
  {
    name: 'ping',
    says: 'a ping of the client is answered',
    group,
    run: async ({ it }) => {
      const { result, error } = await it.call('ping');
      assert.equal(error, undefined);
      assert.deepEqual(result, {});
    },
  },
  {
    name: 'ping-back',
    says: 'a ping of the server is answered',
    group,
    run: async (cell) => assert.equal(await cell.said('ping'), 'answered'),
  },
  {
    name: 'ids',
    says: 'request ids come back as they were: zero, words, words of any script',
    group,
    drivers: ['raw'],
    run: async ({ it }) => {
      for (const id of [0, 'word', 'é"\\', 9_007_199_254_740_991]) {
        const { error } = await it.call('prompts/list', {}, { id });
        assert.equal(error, undefined, `id ${id}`);
      }
    },
  },
];
