/*
 * Whether a client that describes itself with every request has said that it can be asked a question (2026-07-28, MRTR ›
 * Server Requirements: it must not be asked for what it has not declared).
 */
import type { GatewayErrorOptions } from '../../model/errors.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Message } from '../../model/message.ts';
import { capabilityFor, isDeclared } from './unable.ts';

/** What a client needs to be asked for a URL. */
export const URL_MODE: readonly string[] = ['elicitation', 'url'];

/** Whether the client can be asked anything at all. */
export function canBeAsked(capabilities: string): boolean {
  return capabilities !== '{}' && ['elicitation', 'sampling', 'roots'].some((name) => isDeclared(capabilities, [name]));
}

/** Throws `capability_missing`. */
export function checkAskable(question: Message, capabilities: string): void {
  checkDeclared(capabilityFor(question), capabilities);
}

/** Throws `capability_missing`. */
export function checkDeclared(path: readonly string[], capabilities: string): void {
  if (isDeclared(capabilities, path) || (path[1] === 'form' && isFormAlone(capabilities))) return;
  throw new GatewayError('capability_missing', notDeclared(path));
}

/** An empty object is the older way to say it (Elicitation › Capabilities). */
function isFormAlone(capabilities: string): boolean {
  return isDeclared(capabilities, ['elicitation']) && !isDeclared(capabilities, URL_MODE);
}

function notDeclared(path: readonly string[]): GatewayErrorOptions {
  const requiredCapabilities = path.reduceRight<object>((inner, name) => ({ [name]: inner }), {});
  const say = `The server asks for what the request did not declare in its clientCapabilities: ${path.join('.')}.`;
  return { say, data: { requiredCapabilities } };
}
