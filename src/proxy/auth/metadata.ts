/*
 * What an endpoint says of itself to clients that look for a way in (RFC 9728): under which URL tokens are made for it, and
 * by whom. Served only where there is an issuer whom a client can go to.
 *
 * It is for strangers, so it tells what they must know to sign in and nothing else: the scopes that the endpoint offers, and
 * its title. That an endpoint exists is told too; its URL is the name of an audience, which is no secret to anybody who
 * gets tokens, and what it holds is told to nobody without one.
 */
import type { Snapshot } from '../../model/snapshot.ts';
import { baseUrl, resourcePath, resourceUrl } from './resource.ts';

/** Before the path of the resource (RFC 9728 §3.1). */
export const WELL_KNOWN = '/.well-known/oauth-protected-resource';

export interface ResourceMetadata {
  /** Undefined where no issuer is announced. The endpoint need not exist: who has no token is not told by this. */
  readonly urlOf: (endpoint: string) => string | undefined;
  /** Undefined where there is nothing to describe. */
  readonly documentOf: (endpoint: string) => Buffer | undefined;
}

/** @param listener As `baseUrl` wants it. */
export function resourceMetadata(snapshot: () => Snapshot, listener: () => string): ResourceMetadata {
  const issuersOf = ({ identity }: Snapshot) => identity.issuers.filter(({ announced }) => announced);
  return {
    urlOf: (endpoint) => {
      const current = snapshot();
      if (!current.identity.issuers.some(({ announced }) => announced)) return undefined;
      return metadataUrl(baseUrl(current.publicUrl, listener()), endpoint);
    },
    documentOf: (endpoint) => {
      const current = snapshot();
      const issuers = issuersOf(current).map(({ issuer }) => issuer);
      const definition = current.endpoints.get(endpoint);
      if (issuers.length === 0 || !definition) return undefined;
      const { scopesSupported, title } = definition;
      return Buffer.from(
        JSON.stringify({
          resource: resourceUrl(baseUrl(current.publicUrl, listener()), endpoint),
          authorization_servers: issuers,
          // An empty list would say that no scope can be asked for.
          ...(scopesSupported.length > 0 ? { scopes_supported: scopesSupported } : {}),
          bearer_methods_supported: ['header'],
          resource_name: title ?? (endpoint === '' ? 'gatewright' : endpoint),
        }),
      );
    },
  };
}

/**
 * Where the public URL has a path, a proxy passes on only what is below it, so the document is found there and not before
 * it, as the derived address would be; clients are told this address, and have no need to derive one.
 */
function metadataUrl(base: string, endpoint: string): string {
  return `${base}${WELL_KNOWN}${resourcePath(endpoint)}`;
}
