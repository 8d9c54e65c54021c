import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeThrown, sentMessage } from '../../test/rig/made.ts';
import { checkSessionVersion, type InboundHeaders, selfDescribed } from './inbound.ts';

const VERSION = 'io.modelcontextprotocol/protocolVersion';
const request = (meta: unknown, method = 'tools/list') =>
  sentMessage({ id: 1, method, params: meta === undefined ? {} : { _meta: meta } });
const header = (version: string | string[] | undefined): InboundHeaders =>
  version === undefined ? {} : { 'mcp-protocol-version': version };

describe('a request speaks', () => {
  const rows: [string, Parameters<typeof request>, string | undefined, string | undefined][] = [
    ['for itself when header and body name the revision', [{ [VERSION]: '2026-07-28' }], '2026-07-28', '2026-07-28'],
    ['in a session when nothing names one', [undefined], undefined, undefined],
    ['in a session when only the header does, with a revision of sessions', [undefined], '2025-11-25', undefined],
    ['in a session when the header names one that nobody knows', [undefined], '1999-01-01', undefined],
    ['in a session when `_meta` is no object', ['2026-07-28'], undefined, undefined],
    ['in a session when it opens one, whatever the header says', [undefined, 'initialize'], '2026-07-28', undefined],
  ];
  for (const [what, said, version, expected] of rows) {
    test(what, () => assert.equal(selfDescribed(request(...said), header(version))?.revision, expected));
  }
  test('for itself as a notification without an envelope, when the header says so', () => {
    const notice = sentMessage({ method: 'notifications/cancelled', params: { requestId: 1 } });
    assert.equal(selfDescribed(notice, header('2026-07-28'))?.revision, '2026-07-28');
  });
  test('with the members of its envelope read once', () => {
    const found = selfDescribed(request({ a: 1, [VERSION]: '2026-07-28' }), header('2026-07-28'));
    assert.deepEqual(
      found?.meta.map(({ key }) => key),
      ['a', VERSION],
    );
  });
});

describe('a request is refused', () => {
  const rows: [string, unknown, string | string[] | undefined, string][] = [
    ['without the header that the body asks for', { [VERSION]: '2026-07-28' }, undefined, 'header_mismatch'],
    ['when header and body differ', { [VERSION]: '2026-07-28' }, '2025-11-25', 'header_mismatch'],
    ['when the header stands there twice', { [VERSION]: '2026-07-28' }, '2026-07-28, 2026-07-28', 'header_mismatch'],
    [
      'when header and body name a revision of sessions',
      { [VERSION]: '2025-11-25' },
      '2025-11-25',
      'version_unsupported',
    ],
    ['when both name one that nobody knows', { [VERSION]: '2099-01-01' }, '2099-01-01', 'version_unsupported'],
    ['when the body names no text', { [VERSION]: 20260728 }, '2026-07-28', 'meta_incomplete'],
    ['when the header promises an envelope and there is none', {}, '2026-07-28', 'meta_incomplete'],
    ['when the header promises one and there is no `_meta`', undefined, '2026-07-28', 'meta_incomplete'],
  ];
  for (const [what, meta, version, code] of rows) {
    test(what, () =>
      assert.equal(
        codeThrown(() => selfDescribed(request(meta), header(version))),
        code,
      ),
    );
  }
});

describe('the version header of a session', () => {
  const rows: [string, string | string[] | undefined, string][] = [
    ['may be left out', undefined, 'nothing'],
    ['may name any revision of sessions', '2024-11-05', 'nothing'],
    ['may not name one without sessions', '2026-07-28', 'version_header'],
    ['may not name one that nobody knows', '2025-11-26', 'version_header'],
    ['may not be empty', '', 'version_header'],
    ['may not stand there twice', ['2025-11-25', '2025-11-25'], 'version_header'],
  ];
  for (const [what, version, code] of rows) {
    test(what, () =>
      assert.equal(
        codeThrown(() => checkSessionVersion(header(version))),
        code,
      ),
    );
  }
});
