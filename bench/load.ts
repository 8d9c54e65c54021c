/*
 * The load generator as a process: takes orders from the run over the parent's channel, one at a time.
 *
 * A process of its own so that it can be pinned away from the proxies and so that the run's own work costs it nothing.
 */
import { Connection } from './connection.ts';
import type { Target } from './request.ts';
import { runWindow, type WindowPlan, type WindowResult } from './window.ts';

export interface Orders {
  readonly window: { readonly plan: WindowPlan; readonly result: WindowResult };
  readonly sessions: { readonly plan: SessionsPlan; readonly result: SessionsResult };
}

/** Legacy sessions to be opened and then left without a goodbye. */
export interface SessionsPlan {
  readonly target: Target;
  readonly count: number;
  readonly connections: number;
}

export interface SessionsResult {
  readonly opened: number;
  /** The oldest of them, to ask whether it is still there. */
  readonly firstId: string;
  readonly elapsedMs: number;
}

export interface Order<Kind extends keyof Orders = keyof Orders> {
  readonly kind: Kind;
  readonly plan: Orders[Kind]['plan'];
}

export type Report = { readonly result: unknown } | { readonly failure: string };

async function openSessions(plan: SessionsPlan): Promise<SessionsResult> {
  const startedAt = performance.now();
  const ids = new Set<string>();
  let left = plan.count;
  const lane = async () => {
    const connection = new Connection(plan.target.port);
    for (; left > 0; ) {
      left -= 1;
      await connection.shakeHands(plan.target);
      if (connection.sessionId) ids.add(connection.sessionId);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: plan.connections }, lane));
  const [firstId = ''] = ids;
  return { opened: ids.size, firstId, elapsedMs: performance.now() - startedAt };
}

function isOrder<Kind extends keyof Orders>(order: Order, kind: Kind): order is Order<Kind> {
  return order.kind === kind;
}

async function obey(order: Order): Promise<Report> {
  if (isOrder(order, 'sessions')) return { result: await openSessions(order.plan) };
  if (isOrder(order, 'window')) return { result: await runWindow(order.plan) };
  return { failure: `unknown order ${order.kind}` };
}

process.on('message', (order) => {
  obey(order as Order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ failure: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
