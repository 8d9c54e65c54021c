/*
 * `gatewright explain --as WHO TOOL`: may they, and why. Asked of the gateway that runs, or answered by the file alone when
 * none does: nothing is started for it.
 */

import { OperatorClient } from '../../client/operator-client.ts';
import type { ExplainedReason, Explanation } from '../../model/explanation.ts';
import { dataDirOf } from '../data-dir.ts';
import type { Explain } from '../io.ts';
import { jsonLine } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import type { Desk } from './desk.ts';
import { dryRun } from './dry-run.ts';
import { questionOf } from './explain-question.ts';
import { findRunning, loadOwn } from './reach.ts';
import { showExplanation } from './show-explanation.ts';

export async function explain(desk: Desk): Promise<number> {
  if (desk.run.values.has('dry-run')) return dryRun(desk);
  const question = await questionOf(desk);
  const ask = await asker(desk);
  const explanation = await ask(question);
  if (explanation.wasCredential && 'word' in question.as) desk.io.err(SEEN_BY_OTHERS);
  if (desk.json) desk.io.out(jsonLine(explanation));
  else showExplanation(explanation, desk.io);
  return codeOf(explanation);
}

const SEEN_BY_OTHERS =
  'warning: the word after --as was taken for a credential, and others can read a command line: write --as - and send it on stdin, or --as env:NAME.\n';

async function asker({ run, io }: Desk): Promise<Explain> {
  const found = findRunning(run, io);
  if (found) {
    const operator = new OperatorClient(found.socket);
    return (question) => operator.explain(question);
  }
  const ask = await io.explainByFile(await loadOwn(run.values, io), dataDirOf(run.values, io.env));
  io.err('No gateway is running: answered by the configuration file alone.\n');
  return ask;
}

/** What there is not to ask about; any answer about what there is was what was asked for. */
const NOT_THERE: ReadonlySet<ExplainedReason | undefined> = new Set(['unknown', 'ambiguous', 'endpoint_unknown']);

function codeOf({ reason }: Explanation): number {
  return NOT_THERE.has(reason) ? EXIT.unknown.code : EXIT.ok.code;
}
