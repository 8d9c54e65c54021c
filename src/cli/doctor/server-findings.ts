/*
 * What may be wrong with servers, with the ways out, and with who can read the files.
 */
import { isLoopback } from '../../config/loopback.ts';
import { asksForCredentials } from '../../model/identity.ts';
import type { EgressRule } from '../../model/snapshot.ts';
import type { Examined, Finding, Guarded } from './finding.ts';
import { bitsOf } from './listener-findings.ts';

export const SERVER_FINDINGS: readonly Finding[] = [
  {
    id: 'shared-state',
    severity: 'warning',
    say: 'Several callers share one process or session of these servers: what one leaves there, another may see.',
    fix: 'Remove "isolation: shared" unless the server keeps nothing of its callers.',
    where: ({ config }) => (hasSeveralCallers(config) ? namesOf(config, ({ shared }) => shared) : []),
  },
  {
    id: 'repeated-calls',
    severity: 'note',
    say: 'A call that was lost may be made twice, where the server says that this does no harm.',
    fix: 'Remove "repeatCalls" for servers whose word you do not take.',
    where: ({ config }) => namesOf(config, ({ repeatCalls }) => repeatCalls !== 'never'),
  },
  {
    id: 'credentials-in-clear',
    severity: 'serious',
    say: 'These servers are sent header fields without TLS, and anybody on the way can read them.',
    fix: 'Write https:// in "url".',
    where: ({ config }) =>
      namesOf(config, ({ transport }) => {
        if (transport.kind === 'stdio' || Object.keys(transport.headers).length === 0) return false;
        const { protocol, hostname } = new URL(transport.url);
        return protocol === 'http:' && !isLoopback(hostname);
      }),
  },
  {
    id: 'wide-egress',
    severity: 'serious',
    say: 'Addresses that strangers name may lead nearly everywhere, into the own network and to the metadata of clouds.',
    fix: 'Name single hosts or small ranges in "egress.allow".',
    where: ({ config }) => config.egress.filter(isWide).map(ruleText),
  },
  {
    id: 'inner-egress',
    severity: 'warning',
    say: 'Addresses that strangers name may lead to this machine, or to what the network itself serves.',
    fix: 'Remove the rule, or put what is needed behind an address of its own.',
    where: ({ config }) => config.egress.filter(isInner).map(ruleText),
  },
  {
    id: 'egress-in-clear',
    severity: 'note',
    say: 'Metadata and keys may come without TLS from these, so that whoever is on the way can change them.',
    fix: 'Remove "http: true".',
    where: ({ config }) => config.egress.filter(({ http }) => http).map(ruleText),
  },
  {
    id: 'secrets-in-file',
    severity: 'warning',
    say: 'Secrets stand in the configuration file in clear, and go wherever a copy of it goes.',
    fix: `Write \${NAME} and set the variable, or \${file:PATH}.`,
    where: ({ literalSecrets }) => literalSecrets,
  },
  {
    id: 'file-of-others',
    severity: 'serious',
    say: 'Others than the owner can write here, and so decide what the gateway runs and whom it believes.',
    fix: 'chmod go-w',
    where: ({ guarded }) => guarded.filter(({ mode }) => (mode & 0o022) !== 0).map(guardedText),
  },
  {
    id: 'secrets-readable',
    severity: 'serious',
    say: 'Others than the owner can read secrets here.',
    fix: 'chmod go-rwx',
    where: ({ guarded, literalSecrets }) =>
      guarded
        .filter(({ what, mode }) => (mode & 0o044) !== 0 && (what !== 'configuration' || literalSecrets.length > 0))
        .map(guardedText),
  },
  {
    id: 'config-readable',
    severity: 'note',
    say: 'Others than the owner can read who may do what.',
    fix: 'chmod go-r',
    where: ({ guarded, literalSecrets }) =>
      guarded
        .filter(({ what, mode }) => (mode & 0o044) !== 0 && what === 'configuration' && literalSecrets.length === 0)
        .map(guardedText),
  },
];

type Server = Examined['config']['servers'][number];

function namesOf({ servers }: Examined['config'], fits: (server: Server) => boolean): string[] {
  return servers.filter((server) => server.enabled && fits(server)).map(({ name }) => name);
}

function hasSeveralCallers({ identity }: Examined['config']): boolean {
  const { tokens, keys, issuers } = identity;
  return asksForCredentials(identity) && (issuers.length > 0 || tokens.length + keys.length > 1);
}

function ruleText({ host, ports, http }: EgressRule): string {
  return `${host}${ports ? ` port ${ports.join(', ')}` : ''}${http ? ' (http)' : ''}`;
}

const isRange = (host: string): boolean => /^[\d.]+(?:\/\d+)?$/.test(host) || host.includes(':');

/** A name for everybody below a public suffix, or a range that no organisation has alone. */
function isWide({ host }: EgressRule): boolean {
  if (isRange(host)) return bitsOf(host) < (host.includes(':') ? 16 : 8);
  return host === '*' || /^\*\.[^.]+$/.test(host);
}

/** Loopback, and link-local, where clouds serve their credentials. */
function isInner(rule: EgressRule): boolean {
  return (
    !isWide(rule) && (isLoopback(rule.host.replace(/\/.*$/, '')) || /^(?:169\.254\.|fe80:|::1\b)/i.test(rule.host))
  );
}

function guardedText({ path, what, mode }: Guarded): string {
  return `${path} (${what}, ${(mode & 0o777).toString(8).padStart(4, '0')})`;
}
