/*
 * What is served: servers with their replicas, endpoints, forward tokens; their secrets, and what was switched off.
 */
import { managed } from './managed.ts';
import { ownQuery } from './query.ts';

export const servers = managed(
  'servers',
  {
    name: 'files',
    title: 'Files',
    description: '',
    definitionJson: '{}',
    url: 'https://files.example/mcp',
    owner: null,
    visibility: 'private',
    tagsJson: '[]',
    weight: 1,
  },
  [
    {
      ...{ limit: 50, sort: { field: 'name', descending: false } },
      ...{ visibleTo: { owner: 'ada', visibilities: ['public', 'shared'] }, holds: { column: 'tagsJson', text: 'db' } },
    },
  ],
);

export const replicas = managed('serverReplicas', {
  serverId: 'srv_sample',
  url: 'https://files.example/mcp',
  weight: 1,
});

export const endpoints = managed('endpoints', {
  name: 'everyday',
  title: 'Everyday',
  kind: 'endpoint',
  definitionJson: '{}',
});

export const forwardTokens = managed('forwardTokens', {
  serverId: 'srv_sample',
  userId: 'usr_sample',
  description: '',
  sha256: '',
  prefix: '',
  expiresAtMs: null,
  lastUsedAtMs: null,
});

export const secrets = managed('secrets', {
  kind: 'server_header',
  ownerId: 'srv_sample',
  name: 'x-api-key',
  keyId: 'k1',
  sealed: '',
});

export const overlay = managed('overlay', { kind: 'server', target: 'files', state: 'disabled', reason: '' });

export const forwardTokenBySha256 = ownQuery(
  { name: 'forwardTokens.bySha256', why: 'It is by this that it is found out who asks.' },
  (db, sha256: string) => db.selectFrom('forwardTokens').selectAll().where('sha256', '=', sha256),
  ['00'],
);

export const noteForwardTokenUse = ownQuery(
  { name: 'forwardTokens.noteUse', why: 'Seen by the data plane; nobody acts.' },
  (db, { id, atMs }: { readonly id: string; readonly atMs: number }) =>
    db
      .updateTable('forwardTokens')
      .set({ lastUsedAtMs: atMs })
      .where('id', '=', id)
      .where((eb) => eb.or([eb('lastUsedAtMs', 'is', null), eb('lastUsedAtMs', '<', atMs)])),
  [{ id: 'fwt_sample', atMs: 1 }],
);

export const secretOf = ownQuery(
  { name: 'secrets.of', why: 'The gateway’s own: what its sessions are signed with.' },
  (db, { kind, ownerId, name }: { readonly kind: string; readonly ownerId: string; readonly name: string }) =>
    db
      .selectFrom('secrets')
      .selectAll()
      .where('ownerId', '=', ownerId)
      .where('kind', '=', kind)
      .where('name', '=', name),
  [{ kind: 'session_key', ownerId: 'installation', name: '' }],
);
