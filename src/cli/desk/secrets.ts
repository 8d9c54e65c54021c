/*
 * `gatewright secrets status` and `gatewright secrets rotate`: the keys that stored secrets are encrypted with.
 *
 * A gateway that runs is asked over its socket, for it goes on sealing while its keys change. When none runs, the store is
 * opened by this command itself. No key is ever printed.
 */

import { OperatorClient } from '../../client/operator-client.ts';
import type { RotationReport, SecretsDesk, SecretsReport } from '../../model/operator.ts';
import { counted } from '../check.ts';
import { dataDirOf } from '../data-dir.ts';
import type { CliIo } from '../io.ts';
import { jsonLine, plain } from '../terminal.ts';
import { EXIT } from '../usage.ts';
import type { Desk } from './desk.ts';
import { Failure } from './failure.ts';
import { findRunning, isInUse, loadOwn } from './reach.ts';
import { printTable } from './table.ts';

export async function secrets(desk: Desk): Promise<number> {
  const [action = ''] = desk.run.operands;
  if (action !== 'status' && action !== 'rotate') {
    throw new Failure(`There is no "secrets ${plain(action)}": gatewright secrets status, or rotate.`, EXIT.usage.code);
  }
  const opened = await open(desk);
  try {
    return action === 'status' ? showStatus(await opened.status(), desk) : showRotation(await opened.rotate(), desk);
  } catch (thrown) {
    throw thrown instanceof Error && SAID.has(thrown.name) ? new Failure(thrown.message) : thrown;
  } finally {
    await opened.close();
  }
}

/** Errors of the vault and of the store, whose words are for people. */
const SAID: ReadonlySet<string> = new Set(['VaultError', 'AdminError']);

async function open({ run, io }: Desk): Promise<SecretsDesk & { close: () => Promise<void> }> {
  const found = findRunning(run, io);
  if (!found) return openHere(run.values, io);
  const operator = new OperatorClient(found.socket);
  return { status: () => operator.secrets(), rotate: () => operator.rotateSecrets(), close: async () => {} };
}

/** Not beside a gateway that would not hear of another key. */
async function openHere(values: Desk['run']['values'], io: CliIo) {
  if (isInUse(values, io)) {
    throw new Failure(
      'A gateway with another configuration has this data folder: name it with --instance, or stop it.',
    );
  }
  const config = await loadOwn(values, io);
  return io.openSecrets(config, dataDirOf(values, io.env)).catch((thrown: unknown) => {
    throw new Failure(thrown instanceof Error ? thrown.message : 'The store cannot be opened.');
  });
}

function showStatus(report: SecretsReport, { io, json }: Desk): number {
  const missing = report.keys.some(({ here }) => !here);
  if (json) io.out(jsonLine(report));
  else {
    const rows = report.keys.map(({ id, current, here, secrets: count }) => [
      ...[id, here ? (current ? 'current' : 'older') : 'missing', String(count)],
    ]);
    printTable(io, ['KEY', 'STATE', 'SECRETS'], rows);
    io.out(`\nThe current key comes from ${plain(report.from)}.\n`);
  }
  return missing ? EXIT.failed.code : EXIT.ok.code;
}

function showRotation({ keyId, made, resealed, left, forgotten }: RotationReport, desk: Desk): number {
  const { io, json } = desk;
  if (json) io.out(jsonLine({ keyId, made, resealed, left, forgotten }));
  else {
    io.out(
      `${made ? 'New key' : 'Went on with key'} ${keyId}: ${counted(resealed, 'secret', 'secrets')} encrypted anew.\n`,
    );
    if (forgotten.length > 0) io.out(`Not kept any more, for they encrypted nothing: ${forgotten.join(', ')}.\n`);
    io.out('Copies of the database that were made before need the key from before.\n');
  }
  if (left === 0) return EXIT.ok.code;
  io.err(
    `${counted(left, 'secret', 'secrets')} could not be opened, and stay as they were: gatewright secrets status.\n`,
  );
  return EXIT.failed.code;
}
