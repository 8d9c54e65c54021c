/*
 * What claims were mapped to, by the word of the store. A mapping may also put somebody into a group that a policy denies,
 * so one that cannot be read is no reason to go on without it: until it is put right, whom its issuer vouches for may use
 * nothing in its organisation.
 */
import { resolveMapped } from '../../config/resolve-issuer.ts';
import { storedMapped } from '../../config/schema-stored.ts';
import type { PolicyDefinition } from '../../model/access.ts';
import type { StoredMapping } from '../../model/people.ts';
import type { PublishedRows } from '../store/queries/published.ts';
import { PRIORITY_MAX } from './access.ts';
import { type Read, readJson } from './readable.ts';
import { Remembered } from './remembered.ts';

type MappingRow = PublishedRows['claimMappings'];

export class StoredMappings {
  readonly #read = new Remembered<MappingRow, Read<StoredMapping>>();
  readonly #denials = new Remembered<MappingRow, PolicyDefinition>();

  of(row: MappingRow): Read<StoredMapping> {
    return this.#read.of(row, [], () => {
      const { organisation, issuer, claim, value } = row;
      const read = readJson(storedMapped, row.mappedJson, 'mapped');
      return read.ok
        ? { ok: true, value: { organisation, issuer, claim, value, mapped: resolveMapped(read.value) } }
        : { ok: false, why: `${read.why} Until it is put right, tokens of this issuer may use nothing here.` };
    });
  }

  /** What holds in the place of one that cannot be read. A subject of an issuer is `issuer|subject`. */
  denial(row: MappingRow): PolicyDefinition {
    return this.#denials.of(row, [], () => ({
      ...{ name: `unreadable claim mapping ${row.id}`, organisation: row.organisation },
      ...{ priority: PRIORITY_MAX, effect: 'deny', what: '*', exceptWho: undefined, exceptWhat: undefined },
      when: undefined,
      who: {
        ...{ principals: [`${row.issuer}|*`] },
        ...{ users: undefined, roles: undefined, groups: undefined, scopes: undefined },
      },
    }));
  }
}
