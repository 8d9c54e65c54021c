/*
 * The data plane in this process, listening on loopback, with a snapshot that a test exchanges as publishing does.
 *
 *   const plane = await startPlane(madeSnapshot([…]));
 *   … clients at plane.url …
 *   await plane.publish({ overlay: madeOverlay({ … }) });
 *   await plane.close();
 */
import type { AddressInfo } from 'node:net';
import type { Event } from '../../src/model/event.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { buildAuth } from '../../src/proxy/auth/build.ts';
import { buildBridge } from '../../src/proxy/bridge/build.ts';
import { Current } from '../../src/proxy/current.ts';
import { buildDoors } from '../../src/proxy/doors/build.ts';
import { explainer } from '../../src/proxy/explain/explain.ts';
import { begin, follow } from '../../src/proxy/follow.ts';
import { InFlight } from '../../src/proxy/limit/in-flight.ts';
import { Streams } from '../../src/proxy/limit/streams.ts';
import { liveFacts } from '../../src/proxy/live/live.ts';
import { buildPipeline } from '../../src/proxy/pipeline.ts';
import { recheck } from '../../src/proxy/policy/pass.ts';
import { Views } from '../../src/proxy/policy/view.ts';
import { missedAt } from '../../src/proxy/route/missed.ts';
import { Hub } from '../../src/proxy/session/hub.ts';
import { Notices } from '../../src/proxy/session/notices.ts';
import { Sessions } from '../../src/proxy/session/sessions.ts';
import { stopAll } from '../../src/proxy/stop.ts';
import { TimerWheel } from '../../src/proxy/timer-wheel.ts';
import { buildServers } from '../../src/proxy/upstream/servers.ts';

const SILENT = { beginning: () => {}, added: () => {}, notBegun: () => {}, cleared: () => {}, close: async () => {} };

function ground(first: Snapshot) {
  const current = new Current(first);
  const events: Event[] = [];
  const clock = () => performance.now();
  return {
    ...{ current, events, clock, wheel: new TimerWheel(clock), now: () => Date.now() },
    ...{ snapshot: () => current.now, limits: () => current.now.limits, proxyOf: () => undefined },
    emit: (event: Event) => void events.push(event),
    keyFile: () => ({ load: async () => undefined, save: async () => {} }),
    onFailure: () => {},
    identity: '{"name":"gatewright","version":"0"}',
  };
}

type Ground = ReturnType<typeof ground>;

/** All that calls go through, as the composition root joins it. */
function inside(on: Ground) {
  const { snapshot, limits, wheel, emit } = on;
  const files = { load: async () => undefined, save: async () => {} };
  const servers = buildServers({ ...on, files, witness: SILENT });
  const { catalogues, upstreams } = servers;
  const views = new Views(snapshot, catalogues, emit);
  void views.expect();
  const sessions = new Sessions({ limits, wheel, emit });
  const [hub, streams, inFlight] = [new Hub(views, catalogues, wheel), new Streams(limits), new InFlight()];
  hub.onRenewal(() => sessions.endWithout((endpoint, principal) => views.has(endpoint, principal)));
  const bridge = buildBridge({ ...on, node: 'plane' });
  const mayGoOn = recheck({ views, now: on.now });
  hub.onRenewal(() => bridge.parks.look(mayGoOn));
  const pipeline = buildPipeline({
    ...{ ...on, views, upstreams, catalogues, sessions, hub, streams, ...bridge, inFlight },
    ...{ missed: missedAt(upstreams), log: () => {} },
  });
  const notices = new Notices({ views, upstreams, emit });
  return { ...servers, pipeline, sessions, notices, hub, streams, views, inFlight, wheel, limits, emit };
}

export async function startPlane(first: Snapshot) {
  const on = ground(first);
  const parts = inside(on);
  const { catalogues, upstreams } = parts;
  let url = '';
  const auth = buildAuth({ ...on, listener: () => url });
  const draining = { now: false };
  const doors = buildDoors({
    ...{ ...on, ...auth, mcpParts: parts, catalogues, draining, tls: undefined, metrics: () => '', log: () => {} },
    operator: { takesBody: () => false, answer: async () => ({ status: 404, body: '' }) },
  });
  await new Promise<void>((resolve) => doors.door.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(doors.door.address() as AddressInfo).port}`;
  begin({ ...parts, current: on.current });
  await upstreams.settled();
  return {
    ...{ ...parts, url, events: on.events, verifier: auth.verifier, live: liveFacts({ ...on, ...parts }) },
    explain: explainer({ ...on, ...auth, ...parts, serversRun: true }),
    now: on.snapshot,
    publish: (change: Partial<Snapshot>) =>
      follow({ ...parts, current: on.current }, { ...on.snapshot(), ...change, version: on.snapshot().version + 1 }),
    close: () => stopAll({ ...on, ...parts, ...doors, doors: [doors.door], draining }),
  };
}

export type Plane = Awaited<ReturnType<typeof startPlane>>;
