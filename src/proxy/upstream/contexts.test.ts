/*
 * How much is remembered of callers who are shown lists of their own.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { HandWheel } from '../../../test/rig/hand-wheel.ts';
import { heardMessage, limitsWith, lists, madeList, madeServer } from '../../../test/rig/made.ts';
import type { ListContext } from '../../model/list-context.ts';
import { codecOf } from '../../wire/codecs.ts';
import { Catalogues } from './catalogues.ts';
import { Contexts, type ContextsParts } from './contexts.ts';
import type { Link } from './link.ts';

const MAX = 3;

function world() {
  const catalogues = new Catalogues();
  catalogues.put('srv', { state: 'ready', lists: lists({ tools: madeList('tools', ['everybodys']) }) });
  const definition = { ...madeServer('srv'), limits: limitsWith({ listContextsMax: MAX }) };
  const wheel = new HandWheel();
  const parts = { definition, catalogues, wheel, emit: () => undefined } as unknown as ContextsParts;
  return { catalogues, wheel, contexts: new Contexts(parts) };
}

/** A conversation in which the server shows a tool of this name. */
function talk(tool: string) {
  const gone = Promise.withResolvers<void>();
  const conversation = {
    ...{ closed: false, gone: gone.promise, codec: codecOf('2025-11-25') },
    handshake: { capabilities: { tools: {} } },
    options: { events: { onLimit: () => undefined } },
    request: async () => heardMessage({ id: 1, result: { tools: [{ name: tool, inputSchema: { type: 'object' } }] } }),
  };
  const end = () => {
    conversation.closed = true;
    gone.resolve();
  };
  return { link: conversation as unknown as Link, end };
}

const contextOf = (n: number): ListContext => ({
  ...{ server: 'srv', credential: '', capabilities: `kind ${n}`, holder: 'ada', asks: 'requests' },
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}

test('of callers that came, were shown something else and went, no more is remembered than there is room for', async () => {
  const { catalogues, contexts, wheel } = world();
  for (let n = 0; n < 10 * MAX; n++) {
    const { link, end } = talk(`own ${n}`);
    contexts.opened(link, contextOf(n));
    await settle();
    assert.ok(catalogues.variants.listsOf(contextOf(n))?.tools, 'what the caller is shown is kept');
    end();
    await settle();
    wheel.turn(10);
    assert.ok(contexts.size <= MAX, `${contexts.size} after ${n + 1}`);
  }
});

test('one that is still there is remembered, and looked at again, though its lists had to make room', async () => {
  const { catalogues, contexts, wheel } = world();
  for (let n = 0; n <= MAX; n++) {
    contexts.opened(talk(`own ${n}`).link, contextOf(n));
    await settle();
    wheel.turn(10);
  }
  assert.equal(catalogues.variants.listsOf(contextOf(0)), undefined);
  assert.equal(contexts.size, MAX + 1);
});
