/*
 * What an older client said that it can do, as a server of the newest revision understands it, which hears it with every
 * request (2026-07-28, General fields › `_meta`).
 *
 *   elicitation: {}                     { form: {} }, which is what it meant (2025-11-25, Elicitation › Capabilities)
 *   parts of a later revision           left out: the client negotiated one that does not have them
 *   roots.listChanged, tasks            left out: there is no such thing any more
 *   extensions                          but that of tasks, which no session can follow
 *   experimental, others                as they are
 *
 * A client that cannot be asked for now is one that can do nothing of the kind; so the server says what it lacks (-32021)
 * rather than to wait for an answer that cannot come.
 */
import type { Codec } from './codec.ts';
import { codec20260728 } from './rev2026-07-28/codec.ts';
import { TASKS } from './task-ids.ts';

type Members = Readonly<Record<string, unknown>>;

/** Both are JSON text. `said` is the client's codec. */
export function restated(capabilities: string, said: Codec, canBeAsked: boolean): string {
  const declared = JSON.parse(capabilities) as Members;
  const kept = Object.entries(declared).flatMap(([name, value]): [string, unknown][] => {
    if (name === 'tasks') return [];
    if (name === 'extensions' && isMembers(value)) return [[name, withoutTasks(value)]];
    if (!Object.hasOwn(codec20260728.askable, name)) return [[name, value]];
    return canBeAsked && Object.hasOwn(said.askable, name) && isMembers(value)
      ? [[name, partsOf(name, value, said)]]
      : [];
  });
  return JSON.stringify(Object.fromEntries(kept));
}

function withoutTasks({ [TASKS]: _, ...others }: Members): Members {
  return others;
}

function partsOf(name: string, declared: Members, said: Codec): Members {
  const known = (part: string) => said.askable[name]?.includes(part) && codec20260728.askable[name]?.includes(part);
  const parts = Object.entries(declared).filter(([part, value]) => known(part) && isMembers(value));
  return parts.length === 0 && name === 'elicitation' ? { form: {} } : Object.fromEntries(parts);
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
