/*
 * How a server is recognised over TLS, and how the gateway shows itself to it, from the files that its entry names.
 *
 * The files are read for every new connection (there are few: connections are kept), so that a rotated certificate
 * counts from the next connection on, without a restart. A file that is not there or not whole at that moment fails the
 * connection and says so; nothing is connected to with what it held before, and never without it.
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { ClientTls } from '../../model/snapshot.ts';
import { EgressError } from './egress-error.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export class TlsFiles {
  readonly #files: ClientTls;
  #text = '';
  #context: SecureContext | undefined;

  constructor(files: ClientTls) {
    this.#files = files;
  }

  /** The same object as long as the files are the same. */
  async context(): Promise<SecureContext> {
    const { caFile, certFile, keyFile } = this.#files;
    const [ca, cert, key] = [
      await read('caFile', caFile),
      await read('certFile', certFile),
      await read('keyFile', keyFile),
    ];
    const text = JSON.stringify([ca, cert, key]);
    if (this.#context && text === this.#text) return this.#context;
    if (ca !== undefined) checkCertificates('caFile', caFile, ca);
    if (cert !== undefined) checkCertificates('certFile', certFile, cert);
    this.#context = made({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }, this.#files);
    this.#text = text;
    return this.#context;
  }
}

async function read(field: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw unusable(`${field} ${path} cannot be read (${code})`, error);
  }
}

/** OpenSSL takes a text without certificates for an empty list. */
function checkCertificates(field: string, path: string | undefined, text: string): void {
  const found = text.match(CERTIFICATE) ?? [];
  try {
    for (const each of found) new X509Certificate(each);
  } catch (error) {
    throw unusable(`${field} ${path} has a certificate that cannot be read`, error);
  }
  if (found.length === 0) throw unusable(`${field} ${path} has no certificate in PEM`);
}

function made(parts: Parameters<typeof createSecureContext>[0], { certFile, keyFile }: ClientTls): SecureContext {
  try {
    return createSecureContext(parts);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw unusable(`certFile ${certFile} and keyFile ${keyFile} cannot be used together (${why})`, error);
  }
}

function unusable(what: string, cause?: unknown): EgressError {
  return new EgressError({ kind: 'unreachable' }, `${what}.`, cause);
}
