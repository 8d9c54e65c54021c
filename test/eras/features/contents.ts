/*
 * Prompts, completions and resources.
 */
import assert from 'node:assert/strict';
import { at } from '../../rig/json-rpc.ts';
import type { Feature } from '../feature.ts';
import { PANEL_MIME, PANEL_URI, TEXT_URI } from '../servers/names.ts';

const group = 'contents';

export const CONTENTS: readonly Feature[] = [
  {
    name: 'prompt',
    says: 'a prompt is got with its arguments',
    group,
    run: async ({ it, name }) => {
      const params = { name: name('greet'), arguments: { who: 'Ada' } };
      const { result, error } = await it.call('prompts/get', params);
      assert.equal(error?.message, undefined);
      assert.equal(at(result, 'messages', 0, 'content', 'text'), 'Hello, Ada!');
    },
  },
  {
    name: 'completion',
    says: 'arguments of prompts and of templates are completed',
    group,
    run: async ({ it, name, uri }) => {
      for (const ref of [
        { type: 'ref/prompt', name: name('greet') },
        { type: 'ref/resource', uri: uri('era://item/{id}') },
      ]) {
        const argument = { name: ref.type === 'ref/prompt' ? 'who' : 'id', value: 'a' };
        const { result, error } = await it.call('completion/complete', { ref, argument });
        assert.equal(error?.message, undefined, ref.type);
        assert.deepEqual(at(result, 'completion', 'values'), ['a-completed'], ref.type);
      }
    },
  },
  {
    name: 'resource',
    says: 'a resource is read, and named in the answer as it was asked for',
    group,
    run: async ({ it, uri }) => {
      const { result, error } = await it.call('resources/read', { uri: uri(TEXT_URI) });
      assert.equal(error?.message, undefined);
      const contents = [{ uri: uri(TEXT_URI), mimeType: 'text/plain', text: `content of ${TEXT_URI}` }];
      assert.deepEqual(result.contents, contents);
    },
  },
  {
    name: 'template',
    says: 'a resource of a template is read',
    group,
    run: async ({ it, uri }) => {
      const { result, error } = await it.call('resources/read', { uri: uri('era://item/5') });
      assert.equal(error?.message, undefined);
      assert.equal(at(result, 'contents', 0, 'text'), 'content of era://item/5');
    },
  },
  {
    name: 'not-found',
    says: 'a resource that is not there is refused with the code of the client’s revision',
    group,
    // The second library turns one code into the other by itself.
    drivers: ['raw', 'sdk1'],
    run: async ({ it, uri, client }) => {
      const { error } = await it.call('resources/read', { uri: uri('era://nothing') });
      assert.equal(error?.code, client.modern ? -32602 : -32002, error?.message ?? 'no error');
    },
  },
  {
    name: 'app',
    says: 'the `ui://` resource that a tool names is read under that name, unlisted as it is',
    group,
    run: async (cell) => {
      const tools = await cell.list('tools/list', 'tools');
      const uri = at(
        tools.find(({ name }) => name === cell.name('panel')),
        ...['_meta', 'ui', 'resourceUri'],
      );
      assert.equal(uri, cell.uri(PANEL_URI));
      const { result, error } = await cell.it.call('resources/read', { uri });
      assert.equal(error?.message, undefined);
      const [panel] = result.contents as Record<string, unknown>[];
      assert.deepEqual([panel?.uri, panel?.mimeType, panel?.text], [uri, PANEL_MIME, '<p>panel</p>']);
      assert.deepEqual(at(panel, '_meta', 'ui'), { prefersBorder: true });
    },
  },
];
