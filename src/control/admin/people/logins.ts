/*
 * Everything about logging in, put together: passwords, who guesses them, sessions and their keys, and who somebody is by
 * what they show. One of each for the whole gateway, because they count and remember.
 */
import type { Emit } from '../../../model/event.ts';
import type { LimitName, Limits } from '../../../model/limits.ts';
import type { Publisher } from '../../publish/publisher.ts';
import type { Store } from '../../store/store.ts';
import type { Vault } from '../../vault.ts';
import type { Credentials } from '../credentials.ts';
import { LastUse } from './last-use.ts';
import { LoginAttempts } from './login-attempts.ts';
import { LoginFactsKept } from './login-facts.ts';
import { Passwords } from './passwords.ts';
import { StoredSigningKeys } from './session-keys.ts';
import { Sessions } from './sessions.ts';
import { storedCredentials } from './stored-credentials.ts';

export interface LoginParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly publisher: Pick<Publisher, 'snapshot'>;
  readonly limits: () => Limits;
  readonly now: () => number;
  readonly emit: Emit;
  readonly onFailure: (what: string, error: unknown) => void;
}

export interface Logins {
  readonly passwords: Passwords;
  readonly attempts: LoginAttempts;
  readonly sessions: Sessions;
  readonly credentials: Credentials;
  /** Takes the data plane's word for it too. */
  readonly lastUse: LastUse;
  readonly onLimit: (limit: LimitName) => void;
  readonly close: () => Promise<void>;
}

/** Asks nothing of the store before it is needed. */
export function openLogins(parts: LoginParts): Logins {
  const { store, vault, publisher, limits, now, emit, onFailure } = parts;
  const onLimit = (limit: LimitName) => emit({ type: 'limit_hit', limit, principal: '' });
  const keys = new StoredSigningKeys({ store, vault, now, onFailure });
  const facts = new LoginFactsKept({ store, now });
  const lastUse = new LastUse({ store, now, onFailure });
  const sessions = new Sessions({ store, keys, limits, now, onLimit });
  const isLive = (each: Parameters<Sessions['isLive']>[0]) => sessions.isLive(each);
  const onKeyUsed = (keyId: string) => lastUse.used(keyId);
  return {
    ...{ sessions, lastUse, onLimit },
    passwords: new Passwords({ limits, onLimit }),
    attempts: new LoginAttempts({ limits, now, onLimit }),
    credentials: storedCredentials({ facts, keys, publisher, isLive, now, onKeyUsed }),
    close: () => {
      facts.close();
      return lastUse.flush();
    },
  };
}
