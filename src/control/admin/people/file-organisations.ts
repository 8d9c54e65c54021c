/*
 * Organisations that the file names have no row until somebody acts in one: it is made then, so that what is stored can belong
 * to it. It stays when the file forgets the name, for what belongs to it stays too.
 */
import { AdminError } from '../../../model/admin-errors.ts';
import type { Actor } from '../../actor.ts';
import { newId } from '../../store/ids.ts';
import { insertOrganisation, organisationByName } from '../../store/queries/organisations.ts';
import type { AdminParts } from '../parts.ts';

type Parts = Pick<AdminParts, 'store' | 'file' | 'now'>;

/** Whether there is such an organisation, by the store or by the file. */
export async function knowsOrganisation(parts: Parts, name: string): Promise<boolean> {
  if ((await parts.store.read(organisationByName(name))).length > 0) return true;
  if (!parts.file().identity.organisations.includes(name)) return false;
  await makeRow(parts, name);
  return true;
}

async function makeRow({ store, now }: Parts, name: string): Promise<void> {
  const id = newId('organisations');
  const row = { id, organisation: name, name, title: '', version: 1, createdAtMs: now(), updatedAtMs: now() };
  const about = { kind: 'organisations', targetId: id, targetName: name, reason: 'named by the file' };
  const audit = [{ action: 'organisation.create', outcome: 'done', ...about, before: null, after: { name } }];
  const touched = [{ kind: 'organisations', id, organisation: name } as const];
  try {
    await store.write(gatewayIn(name), { changes: [insertOrganisation(row)], touched, audit });
  } catch (error) {
    // Somebody else was first.
    if (!(error instanceof AdminError && error.kind === 'conflict')) throw error;
  }
}

function gatewayIn(organisation: string): Actor {
  const nobody = {
    userId: undefined,
    username: undefined,
    roles: [],
    sessionId: undefined,
    requestId: '',
    address: '',
  };
  return { ...nobody, id: 'local', organisation, rights: new Set(), by: 'local' };
}
