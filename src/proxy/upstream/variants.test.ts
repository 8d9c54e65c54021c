import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { madeList, NO_CLIENT } from '../../../test/rig/made.ts';
import type { ListContext } from '../../model/list-context.ts';
import { NOBODY, type Principal } from '../../model/principal.ts';
import type { Revision } from '../../model/revision.ts';
import { fingerprintOf } from './fingerprint.ts';
import { contextOf, Variants, type Viewer } from './variants.ts';

const ABLE = '{"elicitation":{}}';

function viewer(id: string, capabilities = '{}', revision: Revision = '2025-11-25'): Viewer {
  const fingerprint = revision === '2026-07-28' ? '' : fingerprintOf(capabilities);
  const principal: Principal = { ...NOBODY, id, kind: 'token' };
  return { principal, client: { ...NO_CLIENT, capabilities, fingerprint }, revision };
}

const context = (who: Viewer, server = 'srv'): ListContext => ({ server, ...contextOf(who) });
const tools = madeList('tools', ['own']);

describe('a list that is one viewer’s', () => {
  test('is seen by that viewer, whatever the words of its revision', () => {
    const variants = new Variants();
    assert.deepEqual(variants.put(context(viewer('a', ABLE)), { tools }), ['tools']);
    assert.equal(variants.of(viewer('a', ABLE))?.servers.get('srv')?.tools, tools);
    assert.equal(variants.of(viewer('a', ABLE, '2025-03-26'))?.servers.get('srv')?.tools, tools);
  });

  test('is seen by no other caller, kind of client or era', () => {
    const variants = new Variants();
    variants.put(context(viewer('a', ABLE)), { tools });
    for (const other of [
      viewer('b', ABLE),
      viewer('a'),
      viewer('a', '{"roots":{}}'),
      viewer('a', ABLE, '2026-07-28'),
    ]) {
      assert.equal(variants.of(other), undefined);
    }
  });

  test('of a client that offers nothing is the same for both eras: both use the same conversation', () => {
    const variants = new Variants();
    variants.put(context(viewer('a')), { tools });
    assert.ok(variants.of(viewer('a', '{}', '2026-07-28')));
  });

  test('is known by blanks as by none: a newer client may write its capabilities as it likes', () => {
    const variants = new Variants();
    variants.put(context(viewer('a', ABLE, '2026-07-28')), { tools });
    assert.ok(variants.of(viewer('a', ' { "elicitation" : { } } ', '2026-07-28')));
  });

  test('stays beside those of other servers, and is gone without a trace with the last', () => {
    const variants = new Variants();
    const who = viewer('a', ABLE);
    variants.put(context(who, 'one'), { tools });
    variants.put(context(who, 'two'), { tools });
    const seen = variants.of(who);
    const before = seen?.version ?? 0;
    assert.deepEqual(variants.put(context(who, 'one'), {}), ['tools']);
    assert.deepEqual([variants.of(who) === seen, (seen?.version ?? 0) > before], [true, true]);
    assert.deepEqual(variants.put(context(who, 'two'), {}), ['tools']);
    assert.equal(variants.of(who), undefined);
    assert.deepEqual(variants.put(context(who, 'two'), {}), []);
  });
});
