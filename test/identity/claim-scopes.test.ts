/*
 * Scopes from claims, and what they open: the permissions of the gateway from which they are taken, row by row, with the
 * differences that `docs/guides/scopes.md` lists.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openStage, type Stage } from '../flow/stage.ts';
import { makeSigner, signed, startIssuer } from '../rig/issuer.ts';
import { at } from '../rig/json-rpc.ts';
import { startScripted } from '../rig/scripted-upstream.ts';

const signer = await makeSigner('one');
const issuer = await startIssuer([signer]);
after(() => issuer.close());

const PERMISSIONS = {
  'files:*': ['write'],
  'files:echo': ['read'],
  'files:fail': ['read', 'write'],
  'files:offered': [],
};

async function stageWith(access: object): Promise<Stage> {
  const files = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const other = await startScripted({ revision: '2025-11-25', transport: 'http' });
  const entry = {
    ...{ issuer: issuer.url, audiences: ['api'], claims: { required: ['groups'] } },
    mappings: { 'groups:Admins': { scopes: ['write'] }, 'groups:readers': { scopes: ['read'] } },
  };
  const config = { auth: { issuers: [entry] }, access: { permissions: PERMISSIONS, ...access } };
  const stage = await openStage({ files, other }, { config });
  after(() => stage.close());
  return stage;
}

const [any, all, open] = await Promise.all([
  stageWith({}),
  stageWith({ scopeMode: 'all' }),
  stageWith({ defaultScope: 'read' }),
]);

async function clientOf(stage: Stage, groups: unknown, server: string) {
  const token = await signed(signer, { claims: { iss: issuer.url, aud: 'api', groups } });
  return stage.modern(server, { headers: { authorization: `Bearer ${token}` } });
}

type Row = readonly [
  what: string,
  stage: Stage,
  groups: unknown,
  tool: string,
  expected: 'passes' | 'unknown' | 'refused',
];
const ROWS: readonly Row[] = [
  ['a required claim that is missing refuses the token', any, undefined, 'files echo', 'refused'],
  ['a claim that is a number refuses the token', any, 7, 'files echo', 'refused'],
  ['a claim that is a map refuses the token', any, { readers: true }, 'files echo', 'refused'],
  ['a list with anything but text refuses the token', any, ['readers', 7], 'files echo', 'refused'],
  ['a value that is not mapped gives nothing', any, 'guests', 'files echo', 'unknown'],
  ['a value of text is mapped', any, 'readers', 'files echo', 'passes'],
  ['each element of a list is mapped', any, ['guests', 'readers'], 'files echo', 'passes'],
  ['capital letters do not matter', any, 'READERS', 'files echo', 'passes'],
  ['an exact entry counts before a pattern', any, 'admins', 'files echo', 'unknown'],
  ['a pattern counts where no exact entry is', any, 'admins', 'files log', 'passes'],
  ['a pattern asks for its scopes', any, 'readers', 'files log', 'unknown'],
  ['one of several scopes is enough', any, 'readers', 'files fail', 'passes'],
  ['each of several scopes is needed with scopeMode all', all, 'readers', 'files fail', 'unknown'],
  ['each of several scopes is there by union', all, ['readers', 'admins'], 'files fail', 'passes'],
  ['an entry without scopes is as none', any, ['readers', 'admins'], 'files offered', 'unknown'],
  ['what no entry names is closed', any, ['readers', 'admins'], 'other echo', 'unknown'],
  ['defaultScope opens what no entry names to who has it', open, 'readers', 'other echo', 'passes'],
  ['and to nobody else', open, 'admins', 'other echo', 'unknown'],
  ['and what has an entry without scopes', open, 'readers', 'files offered', 'passes'],
];

describe('scopes from claims', () => {
  for (const [what, stage, groups, tool, expected] of ROWS) {
    it(what, async () => {
      const [server = '', name = ''] = tool.split(' ');
      const client = await clientOf(stage, groups, server);
      const { status, answer } = await client.call('tools/call', { name, arguments: {} });
      const listed = (await client.call('tools/list')).answer;
      const names = ((at(listed, 'result', 'tools') ?? []) as { name: string }[]).map((each) => each.name);
      assert.equal(names.includes(name), expected === 'passes', 'the list says what the call says');
      if (expected === 'refused') assert.equal(status, 401);
      // A server of which nothing may be used is not there.
      else if (expected === 'unknown') assert.ok(status === 404 || at(answer, 'error', 'message') === 'Unknown tool.');
      else assert.notEqual(at(answer, 'result'), undefined);
    });
  }
});
