/*
 * Why something was not fetched, in words for the operator; nothing of it is ever shown to a client.
 *
 * A refusal names the rule and the address as it was given, never what a name resolved to nor whether anything listens
 * there: it is decided before there is a connection, so that it reads the same for open and closed ports.
 */
export type EgressRuleName = 'scheme' | 'credentials' | 'https' | 'port' | 'public' | 'proxy';
export type FetchFailure = 'unreachable' | 'timeout' | 'too_large' | 'redirect' | 'coding' | 'invalid';
export type EgressFailure =
  | { readonly kind: 'refused'; readonly rule: EgressRuleName }
  | { readonly kind: FetchFailure };

const RULES: Readonly<Record<EgressRuleName, string>> = {
  scheme: 'only http and https are spoken',
  credentials: 'an address must not carry a user name or a password',
  https:
    'an address that is not written in the local file must be https, unless egress.allow names its host with http: true',
  port: 'an address that is not written in the local file must use port 443, unless egress.allow names its host and port',
  public:
    'an address that is not written in the local file must be public, and so must all that its name resolves to, unless egress.allow names it',
  proxy:
    'behind a proxy nobody here sees what a name resolves to, so egress.allow must name the host of an address that is not written in the local file',
};

export class EgressError extends Error {
  override readonly name = 'EgressError';
  readonly failure: EgressFailure;

  constructor(failure: EgressFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.failure = failure;
  }
}

export function refusal(rule: EgressRuleName, where: string): EgressError {
  return new EgressError({ kind: 'refused', rule }, `${where} may not be reached: ${RULES[rule]}.`);
}
