import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { madeEntry } from '../../../test/rig/made.ts';
import type { ToolChange } from '../../model/snapshot.ts';
import { entryBytes, entryLength } from './entry-bytes.ts';
import { toolEdits } from './mapped.ts';

const SAID = { _meta: { ui: { resourceUri: 'ui://ä' } }, title: 'é', name: 'a"b', n: 1 };
const entry = madeEntry('tools', SAID);
const shownAs = (key: string, change: ToolChange | undefined, server?: string) => {
  const app = server === undefined ? [] : toolEdits('prefixed', server, entry);
  const shown = { entry, key, change, app };
  const bytes = entryBytes(shown, 'newer');
  assert.equal(entryLength(shown, 'newer'), bytes.length);
  return bytes.toString();
};

describe('an entry', () => {
  test('that is the same here is the server’s own bytes', () => {
    assert.equal(shownAs('a"b', undefined), entry.bytes.toString());
    assert.equal(entryBytes({ entry, key: 'a"b', change: undefined, app: [] }, 'newer'), entry.bytes);
  });
  test('is named as it is here, and so is the page of its app', () => {
    const expected = { ...SAID, _meta: { ui: { resourceUri: 'ui://srv/ä' } }, name: 'srv__ü' };
    assert.equal(shownAs('srv__ü', undefined, 'srv'), JSON.stringify(expected));
  });
  test('keeps the page of its app when its name stays', () => {
    assert.deepEqual(JSON.parse(shownAs('a"b', undefined, 'srv')), {
      ...SAID,
      _meta: { ui: { resourceUri: 'ui://srv/ä' } },
    });
  });
  test('is cut for older clients beside all that', () => {
    const at = entry.bytes.indexOf('"é"');
    const older = { ...entry, older: [{ start: at, end: at + 4, put: '"e"' }] };
    const shown = { entry: older, key: 'x', change: undefined, app: toolEdits('prefixed', 'srv', entry) };
    const bytes = entryBytes(shown, 'older');
    assert.deepEqual(JSON.parse(bytes.toString()), {
      ...SAID,
      _meta: { ui: { resourceUri: 'ui://srv/ä' } },
      title: 'e',
      name: 'x',
    });
    assert.equal(entryLength(shown, 'older'), bytes.length);
    const asItIs = entryBytes({ ...shown, key: entry.key, app: [] }, 'older');
    assert.equal(asItIs.toString(), entry.bytes.toString().replace('é', 'e'));
  });
  test('gets the operator’s words beside all that', () => {
    const change = { name: 'x', title: 'T', description: 'D"' };
    assert.deepEqual(JSON.parse(shownAs('x', change, 'srv')), {
      _meta: { ui: { resourceUri: 'ui://srv/ä' } },
      title: 'T',
      name: 'x',
      description: 'D"',
      n: 1,
    });
  });
});
