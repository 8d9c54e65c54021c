/*
 * Which extensions of a server its clients are told of (Capabilities › Extensions): those that the client said it has, and
 * that arrive at the other side as they were sent.
 *
 *   …/ui        always: it lives in `_meta` and in resources, whose names are kept true in aggregates and across eras
 *   …/tasks     between requests that describe themselves: tasks of the time before work in another way
 *   others      at a server's own endpoint and within one era: all that known messages hold is passed on as it is there.
 *               In an aggregate, or in the words of another era, a name in a field that nobody here knows would be wrong
 *
 * Methods of their own are not passed on: nobody here could say whose they are, and who may use them.
 */
import { type Codec, opensSession } from '../../wire/codec.ts';
import { TASKS } from '../../wire/task-ids.ts';

/** What a client says about itself: its revision, and the JSON text of its capabilities. */
export interface Introduced {
  readonly codec: Codec;
  readonly capabilities: string;
}

export interface Between {
  /** Client and server speak in one era. */
  readonly direct: boolean;
  /** It is the server's own endpoint. */
  readonly alone: boolean;
}

type Members = Readonly<Record<string, unknown>>;

const APPS = 'io.modelcontextprotocol/ui';

/** Undefined for none. `declared` is the server's. */
export function extensionsFor(declared: Members, client: Introduced, between: Between): Members | undefined {
  const offered = membersOf(declared.extensions);
  const known = Object.keys(offered).length === 0 ? {} : extensionsOf(client.capabilities);
  const shown = Object.entries(offered).filter(
    ([name]) => Object.hasOwn(known, name) && isCarried(name, client.codec, between),
  );
  return shown.length === 0 ? undefined : Object.fromEntries(shown);
}

function isCarried(name: string, client: Codec, { direct, alone }: Between): boolean {
  if (name === APPS) return true;
  return name === TASKS ? direct && !opensSession(client) : direct && alone;
}

/** Whether a client with these capabilities, JSON text, has the extension. */
export function hasExtension(capabilities: string, name: string): boolean {
  return Object.hasOwn(extensionsOf(capabilities), name);
}

function extensionsOf(capabilities: string): Members {
  return membersOf((JSON.parse(capabilities) as Members).extensions);
}

function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}
