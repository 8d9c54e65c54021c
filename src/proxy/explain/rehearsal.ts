/*
 * What would be otherwise if policies were others: the snapshot as it is but for them, and both are asked. The same rights
 * decide here as about calls (policy/rights.ts), so what is foretold is what happens when the change is published.
 */

import type { ServerCatalogue } from '../../model/catalogue.ts';
import { ENTRY_KINDS, type EntryKind } from '../../model/catalogue.ts';
import type { Principal } from '../../model/principal.ts';
import type {
  PolicyChange,
  RuleQuestions,
  Sample,
  SampleAnswer,
  SampleReport,
  SampleRow,
} from '../../model/rule-questions.ts';
import type { EndpointDefinition, Snapshot } from '../../model/snapshot.ts';
import { decide } from '../policy/decide.ts';
import type { Decision, Rights, RightsPlace } from '../policy/decision.ts';
import { rightsIn } from '../policy/rights.ts';
import { ViewsUnder } from '../policy/views-under.ts';
import type { Catalogues } from '../upstream/catalogues.ts';
import { endpointIn, isShownTo } from './border.ts';
import { type ExplainParts, explainer } from './explain.ts';
import { recognise } from './who.ts';

export interface RehearsalParts extends ExplainParts {
  readonly catalogues: Catalogues;
}

/** Between two turns of the event loop; calls wait no longer than for so many decisions. */
const PAIRS_IN_A_TURN = 200;

export function changedBy({ organisation, without, put }: PolicyChange, snapshot: Snapshot): Snapshot {
  const { access } = snapshot;
  const gone = new Set([...without, ...put.map(({ name }) => name)]);
  const stay = access.policies.filter((each) => each.organisation !== organisation || !gone.has(each.name));
  return { ...snapshot, access: { ...access, policies: [...stay, ...put] } };
}

export const rehearse =
  (parts: RehearsalParts): RuleQuestions['rehearse'] =>
  async (change, questions) => {
    const snapshot = parts.snapshot();
    const [now, then] = [as(parts, snapshot), as(parts, changedBy(change, snapshot))];
    const answers = [];
    for (const question of questions) {
      await nextTurn();
      answers.push({ before: await now(question), after: await then(question) });
    }
    return answers;
  };

/** Views of its own: those that calls are answered from are not crowded out. What servers have is the same for both. */
function as({ views, ...parts }: RehearsalParts, snapshot: Snapshot) {
  const under = new ViewsUnder(snapshot, parts.catalogues, () => {});
  const own = {
    of: (endpoint: string, principal: Principal) => under.of(endpoint, principal)?.now(),
    stocksAt: (endpoint: string) => views.stocksAt(endpoint),
  };
  return explainer({ ...parts, snapshot: () => snapshot, views: own });
}

export const sampled =
  (parts: RehearsalParts): RuleQuestions['sample'] =>
  async (change, sample) => {
    const { organisation } = change;
    const snapshot = parts.snapshot();
    const endpoint = endpointIn(organisation, snapshot, sample.endpoint);
    const [now, then] = [rightsIn(snapshot), rightsIn(changedBy(change, snapshot))];
    const tally = new Tally(sample);
    for (const name of sample.principals) {
      const who = await recognise(parts, { ...ABOUT_NOBODY, as: { name, organisation }, endpoint: sample.endpoint });
      if ('nobody' in who) tally.unknown.push({ principal: name, why: who.nobody });
      else if (endpoint)
        await tally.ask(
          name,
          [now(who.principal), then(who.principal)],
          entriesAt(parts, snapshot, endpoint, organisation),
        );
    }
    return tally.report();
  };

const ABOUT_NOBODY = {
  ...{ claims: undefined, kind: 'tool' as const, name: '' },
  arguments: undefined,
  request: undefined,
};

interface Pair {
  readonly place: RightsPlace;
  readonly kind: EntryKind;
  readonly key: string;
}

function* entriesAt(
  { catalogues }: { readonly catalogues: { of(server: string): ServerCatalogue } },
  { servers }: Snapshot,
  endpoint: EndpointDefinition,
  organisation: string,
): Generator<Pair> {
  for (const name of endpoint.servers) {
    const server = servers.get(name);
    if (!server || !isShownTo(organisation, server)) continue;
    const { lists } = catalogues.of(name);
    for (const kind of ENTRY_KINDS)
      for (const { key } of lists[kind].entries) yield { place: { endpoint, server }, kind, key };
  }
}

class Tally {
  readonly unknown: { principal: string; why: string }[] = [];
  readonly #sample: Sample;
  readonly #rows: SampleRow[] = [];
  #asked = 0;
  #changed = 0;
  #otherRule = 0;
  #isCut = false;

  constructor(sample: Sample) {
    this.#sample = sample;
  }

  async ask(principal: string, [now, then]: readonly [Rights, Rights], pairs: Iterable<Pair>): Promise<void> {
    for (const { place, kind, key } of pairs) {
      if (this.#asked >= this.#sample.pairsMax) {
        this.#isCut = true;
        return;
      }
      if (this.#asked++ % PAIRS_IN_A_TURN === 0) await nextTurn();
      const [before, after] = [answerOf(decide(now, place, kind, key)), answerOf(decide(then, place, kind, key))];
      if (before.answer !== after.answer)
        this.#differs({ principal, kind, server: place.server.name, name: key, before, after });
      else if (before.rule !== after.rule) this.#otherRule += 1;
    }
  }

  #differs(row: SampleRow): void {
    this.#changed += 1;
    if (this.#rows.length < this.#sample.rowsMax) this.#rows.push(row);
  }

  report(): SampleReport {
    const [rows, changed, otherRule, asked] = [this.#rows, this.#changed, this.#otherRule, this.#asked];
    return { rows, changed, otherRule, asked, isCut: this.#isCut, unknown: this.unknown };
  }
}

function answerOf({ answer, rule }: Decision): SampleAnswer {
  return { answer: answer === 'ask' ? 'depends' : answer, rule };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
