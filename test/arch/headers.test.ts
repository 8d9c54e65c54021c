/*
 * Every folder and every file with an idea says what it is, first thing.
 *
 * A header is a block comment on line one. A folder's header stands in its main file, the one a reader opens first,
 * named in the table below; so the table is also the map of src.
 */
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import { isTest, lineCount, read, SOURCES } from './tree.ts';

/** Folder of src → the file to open first. */
const MAIN_FILES: Readonly<Record<string, string>> = {
  src: 'main.ts',
  'src/model': 'call.ts',
  'src/config': 'schema.ts',
  'src/config/dialects': 'mcp-servers.ts',
  'src/config/edit': 'edit.ts',
  'src/config/files': 'replace-file.ts',
  'src/wire': 'codec.ts',
  'src/wire/json': 'scan-call.ts',
  'src/wire/sse': 'reader.ts',
  'src/wire/rev2024-11-05': 'codec.ts',
  'src/wire/rev2025-03-26': 'codec.ts',
  'src/wire/rev2025-06-18': 'codec.ts',
  'src/wire/rev2025-11-25': 'codec.ts',
  'src/wire/rev2026-07-28': 'codec.ts',
  'src/proxy': 'pipeline.ts',
  'src/proxy/doors': 'http-door.ts',
  'src/proxy/auth': 'authenticate.ts',
  'src/proxy/auth/oauth': 'issuers.ts',
  'src/proxy/policy': 'permit.ts',
  'src/proxy/policy/condition': 'condition.ts',
  'src/proxy/limit': 'meter.ts',
  'src/proxy/route': 'route.ts',
  'src/proxy/egress': 'dial.ts',
  'src/proxy/explain': 'explain.ts',
  'src/proxy/live': 'live.ts',
  'src/proxy/upstream': 'upstream.ts',
  'src/proxy/reply': 'encode.ts',
  'src/proxy/session': 'sessions.ts',
  'src/proxy/bridge': 'bridge.ts',
  'src/ops': 'metrics.ts',
  'src/instance': 'instance.ts',
  'src/control': 'operator.ts',
  'src/control/admin': 'app.ts',
  'src/control/admin/kit': 'object.ts',
  'src/control/admin/live': 'live.ts',
  'src/control/admin/people': 'logins.ts',
  'src/control/admin/rules': 'rule-kind.ts',
  'src/control/admin/servers': 'servers.ts',
  'src/control/collect': 'collect.ts',
  'src/control/publish': 'publisher.ts',
  'src/control/store': 'store.ts',
  'src/control/store/engine': 'engine.ts',
  'src/control/store/migrations': 'migrate.ts',
  'src/control/store/queries': 'query.ts',
  'src/client': 'conversation.ts',
  'src/sample': 'server.ts',
  'src/cli': 'cli.ts',
  'src/cli/clients': 'connect.ts',
  'src/cli/desk': 'call.ts',
  'src/cli/doctor': 'doctor.ts',
};

const HEADER = /^(?:#![^\n]*\n)?\/\*\*?\s+\S[\s\S]*?\*\//;
const HEADERLESS_LINES_MAX = 40;

const ours = SOURCES.filter((path) => !isTest(path));

test('every source with more than a screenful begins with a header comment', () => {
  const strays = ours.filter((path) => lineCount(read(path)) > HEADERLESS_LINES_MAX && !HEADER.test(read(path)));
  assert.deepEqual(strays, [], 'begin the file with /* what it is and why it is so */');
});

test('every folder of src names the file to open first', () => {
  const folders = new Set(ours.filter((path) => path.startsWith('src/')).map((path) => posix.dirname(path)));
  assert.deepEqual([...folders].sort(), Object.keys(MAIN_FILES).sort());
});

for (const [folder, main] of Object.entries(MAIN_FILES)) {
  test(`${folder} explains itself in ${main}`, () => {
    assert.match(read(posix.join(folder, main)), HEADER);
  });
}
