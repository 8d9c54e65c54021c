/*
 * What a call names: a tool, a prompt or a resource, by the name under which its client knows it.
 */
import type { EntryKind } from '../../model/catalogue.ts';
import { type ErrorCode, GatewayError } from '../../model/errors.ts';
import type { Message, Span } from '../../model/message.ts';
import { memberOf, readString } from '../../wire/json/members.ts';

export interface Named {
  readonly kind: EntryKind;
  readonly name: string;
}

/** What is said of a name that stands for nothing that the caller may use. */
export const UNKNOWN: Readonly<Record<EntryKind, ErrorCode>> = {
  tools: 'tool_unknown',
  prompts: 'prompt_unknown',
  resources: 'resource_unknown',
  templates: 'resource_unknown',
};

interface Naming {
  readonly kind: EntryKind;
  readonly of: 'name' | 'uri';
}

const NAMING: ReadonlyMap<string, Naming> = new Map([
  ['tools/call', { kind: 'tools', of: 'name' }],
  ['prompts/get', { kind: 'prompts', of: 'name' }],
  ['resources/read', { kind: 'resources', of: 'uri' }],
  ['resources/subscribe', { kind: 'resources', of: 'uri' }],
  ['resources/unsubscribe', { kind: 'resources', of: 'uri' }],
]);

export const COMPLETION = 'completion/complete';

/** Undefined for methods that name no entry. Throws `params_invalid`. */
export function namedIn(message: Message): Named | undefined {
  if (message.method === COMPLETION) return referred(message);
  const naming = NAMING.get(message.method);
  if (!naming) return undefined;
  const span = message.params?.[naming.of];
  if (!span || message.bytes[span.start] !== 0x22) {
    throw new GatewayError('params_invalid', { say: `params.${naming.of} must be a string.` });
  }
  return { kind: naming.kind, name: readString(message.bytes, span) };
}

/** A completion is about a prompt or a resource template; who may not use that may not complete it. */
function referred(message: Message): Named {
  const reference = referenceOf(message);
  if (reference) return reference;
  throw new GatewayError('params_invalid', { say: 'params.ref must be a ref/prompt or a ref/resource.' });
}

/** The name in `params.ref` and where it stands (Server › Utilities › Completion). */
export function referenceOf(
  message: Message,
): { readonly kind: 'prompts' | 'templates'; readonly name: string; readonly span: Span } | undefined {
  const { bytes, params } = message;
  const ref = params && memberOf(bytes, params.self, 'ref')?.value;
  if (!ref || bytes[ref.start] !== 0x7b) return undefined;
  const type = memberOf(bytes, ref, 'type')?.value;
  if (!type || bytes[type.start] !== 0x22) return undefined;
  const kind = REFERENCE_KINDS.get(readString(bytes, type));
  const span = kind && memberOf(bytes, ref, kind === 'prompts' ? 'name' : 'uri')?.value;
  if (!kind || !span || bytes[span.start] !== 0x22) return undefined;
  return { kind, name: readString(bytes, span), span };
}

const REFERENCE_KINDS: ReadonlyMap<string, 'prompts' | 'templates'> = new Map([
  ['ref/prompt', 'prompts'],
  ['ref/resource', 'templates'],
]);
