/*
 * The data plane of a test's admin API, as far as it answers questions about rules and tools: the decision itself, over the
 * desk's own snapshot, and catalogues that the test fills. Nobody listens and no server is begun.
 */
import type { EntryKind } from '../../src/model/catalogue.ts';
import { GatewayError } from '../../src/model/errors.ts';
import type { Operator } from '../../src/model/operator.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { explainer } from '../../src/proxy/explain/explain.ts';
import { ruleQuestions } from '../../src/proxy/explain/rule-questions.ts';
import { toolsOf } from '../../src/proxy/live/tools.ts';
import { Views } from '../../src/proxy/policy/view.ts';
import { Catalogues } from '../../src/proxy/upstream/catalogues.ts';
import { openTestDesk, type TestDesk, type TestDeskOptions } from './desk.ts';
import { lists, madeEntry, madeList } from './made.ts';

export interface PlaneDesk extends TestDesk {
  readonly catalogues: Catalogues;
  /** What a server lists from now on: names, or whole entries. */
  has(server: string, tools: readonly (string | Readonly<Record<string, unknown>>)[], kind?: EntryKind): void;
}

export async function openPlaneDesk(options: TestDeskOptions = {}): Promise<PlaneDesk> {
  const operator: { -readonly [Name in keyof Operator]?: Operator[Name] } = { ...options.operator };
  const desk = await openTestDesk({ ...options, operator });
  const catalogues = new Catalogues();
  const snapshot = (): Snapshot => desk.parts.publisher.snapshot();
  const refuse = () => Promise.reject(new GatewayError('internal'));
  const asked = {
    ...{ snapshot, now: desk.parts.now, catalogues, views: new Views(snapshot, catalogues), serversRun: true },
    verifier: { identify: refuse, lastSeen: () => undefined },
  };
  operator.rules = ruleQuestions(asked);
  operator.explain = explainer(asked);
  operator.tools = (server) => toolsOf({ snapshot, catalogues }, server);
  const has: PlaneDesk['has'] = (server, tools, kind = 'tools') => {
    const made = tools.map((tool) => (typeof tool === 'string' ? { name: tool, uri: tool } : tool));
    const entries = made.map((each) => madeEntry(kind, each));
    const list = { ...madeList(kind, []), entries, byKey: new Map(entries.map((each) => [each.key, each])) };
    catalogues.put(server, { state: 'ready', lists: lists({ [kind]: list }) });
  };
  return { ...desk, catalogues, has };
}
