/*
 * Servers are tried out: a definition that was only sent, or one that is there. The data plane connects as it would for a
 * call, by the same rules for addresses; what is told of a server that is not reached is one answer for all reasons.
 */
import { z } from 'zod';
import { resolveServer } from '../../../config/resolve.ts';
import { AdminError } from '../../../model/admin-errors.ts';
import type { Trial } from '../../../model/live.ts';
import type { ServerDefinition } from '../../../model/snapshot.ts';
import type { Actor } from '../../actor.ts';
import { masked } from '../../collect/masked.ts';
import { BY_ID } from '../kit/object.ts';
import type { AdminParts } from '../parts.ts';
import { type AdminRoute, adminRoute } from '../route.ts';
import { checkAddresses, checkWhole, refuseOver } from './server-checks.ts';
import { blankDraft, draftWith } from './server-draft.ts';
import { type TryServer, tryServer } from './server-input.ts';
import { serversNow } from './server-now.ts';
import { ownServer } from './server-records.ts';

const count = () => z.int();

export const trialData = z.object({
  ok: z.boolean(),
  reason: z
    .enum(['refused', 'unreachable', 'credentials', 'invalid', 'cancelled'])
    .nullable()
    .describe('`unreachable` is all that is told of closed ports, silence and what is no HTTP. Null when it answered.'),
  say: z.string(),
  transport: z.enum(['stdio', 'http', 'sse']).nullable(),
  revision: z.string().nullable().describe('The protocol revision that it speaks.'),
  serverInfo: z.record(z.string(), z.unknown()).nullable().describe('What it says of itself; not to be trusted.'),
  counts: z
    .object({ tools: count(), prompts: count(), resources: count(), templates: count() })
    .nullable()
    .describe('How much it lists.'),
  durationMs: z.number().nullable(),
});
type TrialData = z.infer<typeof trialData>;

export function serverTrialRoutes(parts: AdminParts): readonly AdminRoute[] {
  const trials = new Trials(parts);
  const of = { tag: 'servers', method: 'POST', gate: 'own', data: trialData } as const;
  return [
    adminRoute({
      ...of,
      id: 'tryServer',
      path: '/api/v1/servers/test',
      say: 'Connects to a server that is not stored, and says what answered.',
      more: 'Addresses are judged as when a server is stored. Commands are refused.',
      body: tryServer,
      errors: ['address_refused', 'limited'],
      example: { body: { url: '{upstream}' } },
      answer: async ({ actor, body }) => ({ data: await trials.ofBody(actor, body) }),
    }),
    adminRoute({
      ...of,
      id: 'testServer',
      path: '/api/v1/servers/{id}/test',
      say: 'Connects to a server of the gateway once more, beside the connections that it has.',
      params: BY_ID,
      errors: ['not_found', 'conflict', 'limited'],
      example: { params: { id: '{server}' } },
      answer: async ({ actor, params: { id } }) => ({ data: await trials.ofServer(actor, id) }),
    }),
  ];
}

class Trials {
  readonly #parts: AdminParts;
  #underWay = 0;

  constructor(parts: AdminParts) {
    this.#parts = parts;
  }

  async ofBody(actor: Actor, body: TryServer): Promise<TrialData> {
    const draft = draftWith(blankDraft(body.url, null), body);
    checkWhole(this.#parts, draft, Object.keys(body.headers ?? {}));
    await checkAddresses(this.#parts, draft);
    return this.#run(actor, { id: '', name: body.name ?? '' }, wantedOf(this.#parts, body));
  }

  async ofServer(actor: Actor, id: string): Promise<TrialData> {
    const { server } = await ownServer(this.#parts, actor, id);
    const { unpublished } = serversNow(this.#parts, actor)(server);
    const known = this.#parts.publisher.servers().get(server.key);
    if (unpublished !== undefined || known?.id !== id)
      throw new AdminError('conflict', { say: `It is not served: ${unpublished ?? 'it has just been changed'}` });
    return this.#run(actor, { id, name: server.name }, known.definition);
  }

  async #run(actor: Actor, of: { readonly id: string; readonly name: string }, wanted: ServerDefinition) {
    refuseOver(this.#parts, 'serverTrialsMax', this.#underWay);
    this.#underWay += 1;
    try {
      const trial = await this.#parts.operator.tryOut(wanted, AbortSignal.timeout(TRIAL_MS_MAX));
      await this.#parts.store.write(actor, { changes: [], touched: [], audit: [auditedTrial(of, wanted, trial)] });
      return toldOf(trial);
    } finally {
      this.#underWay -= 1;
    }
  }
}

/** Within the time that the answer to a request may take. */
const TRIAL_MS_MAX = 20_000;

/** As the store would have it: an address that was told, which is trusted no more than any other. */
function wantedOf({ file }: Pick<AdminParts, 'file'>, body: TryServer): ServerDefinition {
  const { name = 'trial', headers = {}, ...entry } = body;
  const { defaults, limits } = file();
  const {
    enabled: _,
    description: __,
    transport,
    ...definition
  } = resolveServer(name, { ...entry, headers }, { defaults, limits, folder: '', trusted: false });
  if (transport.kind === 'stdio') throw new AdminError('command_refused');
  return { ...definition, transport };
}

function toldOf(trial: Trial): TrialData {
  if (!trial.ok) return { ...NOTHING, ok: false, reason: trial.reason, say: trial.say };
  const { transport, revision, serverInfo, counts, durationMs } = trial;
  return { ok: true, reason: null, say: 'It answers.', transport, revision, serverInfo, counts, durationMs };
}

const NOTHING = { transport: null, revision: null, serverInfo: null, counts: null, durationMs: null };

function auditedTrial(of: { readonly id: string; readonly name: string }, wanted: ServerDefinition, trial: Trial) {
  const url = wanted.transport.kind === 'stdio' ? '' : wanted.transport.url;
  const after = masked({ url, ok: trial.ok, reason: trial.ok ? '' : trial.reason });
  const about = { kind: 'servers', targetId: of.id, targetName: of.name } as const;
  return { action: 'server.test', outcome: 'done', reason: '', before: null, after, ...about } as const;
}
