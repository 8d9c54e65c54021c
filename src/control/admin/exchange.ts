/*
 * What one request of the admin API carries beside Fastify's own: who made it, whom it acts for, and in which language it is
 * answered. Kept by the request of Node, for it is there from the listener to the last byte.
 */
import type { IncomingMessage } from 'node:http';
import { AdminError } from '../../model/admin-errors.ts';
import type { Actor } from '../actor.ts';
import { actorOf, type Facts } from './gate.ts';
import { type Language, languageOf } from './language.ts';

export interface Exchange {
  readonly facts: Facts;
  readonly language: Language;
  actor: Actor;
}

const exchanges = new WeakMap<IncomingMessage, Exchange>();

/** Before Fastify sees the request. */
export function beginExchange(request: IncomingMessage, facts: Facts): Exchange {
  const exchange: Exchange = {
    facts,
    language: languageOf(request.headers['accept-language']),
    actor: actorOf(undefined, facts),
  };
  exchanges.set(request, exchange);
  return exchange;
}

export function exchangeOf(request: IncomingMessage): Exchange {
  const exchange = exchanges.get(request);
  if (exchange === undefined) throw new AdminError('internal');
  return exchange;
}
