/*
 * The certificate and the key of the listener, read from their files again whenever these change.
 *
 * Connections that are open keep what they began with; new ones get the new pair. Certificate and key are replaced one
 * after the other, by hand or by a program, so a change counts when both have stayed as they are for a moment, and a
 * pair that does not fit leaves the old one in place. Files are looked at by name: what stands behind a link may be
 * replaced by pointing the link elsewhere (Kubernetes secrets, certbot), of which a watch on the file would not hear.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

export interface TlsPaths {
  /** Absolute. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** What the listener is made with, and what it is given when the files have changed. */
export interface TlsPair {
  /** PEM. */
  readonly cert: Buffer;
  readonly key: Buffer;
  /** RFC 8996: anything older must not be used. */
  readonly minVersion: 'TLSv1.2';
}

export interface TlsWatch {
  readonly everyMs: number;
  readonly onPair: (pair: TlsPair) => void;
  /** The old pair stays. */
  readonly onFault: (fault: Error) => void;
}

const BYTES_MAX = 1024 * 1024;

/** Rejects with what is wrong and the way out. Never names what stands in the files. */
export async function readTlsPair({ certFile, keyFile }: TlsPaths): Promise<TlsPair> {
  const [cert, key] = await Promise.all([bytesOf(certFile, 'certFile'), bytesOf(keyFile, 'keyFile')]);
  checkPair(certificateIn(cert, certFile), privateKeyIn(key, keyFile), certFile, keyFile);
  try {
    createSecureContext({ cert, key });
  } catch {
    throw fault(`listen.tls: ${certFile} and ${keyFile} cannot be used together.`, 'Make the certificate anew.');
  }
  return { cert, key, minVersion: 'TLSv1.2' };
}

async function bytesOf(path: string, field: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > BYTES_MAX) throw fault(`listen.tls.${field}: ${path} has ${size} bytes.`, 'Name a PEM file.');
    return await readFile(path);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === undefined) throw thrown;
    const [what, wayOut] = FILE_FAULTS[code] ?? [`cannot be read (${code})`, 'Name another file.'];
    throw fault(`listen.tls.${field}: ${path} ${what}.`, wayOut);
  }
}

const FILE_FAULTS: Readonly<Record<string, readonly [what: string, wayOut: string]>> = {
  ENOENT: ['does not exist', 'Correct the path, or create the file.'],
  EACCES: ['may not be read by this user', 'Let the user of the gateway read it, and nobody else.'],
  EISDIR: ['is a folder', 'Name the PEM file in it.'],
};

function certificateIn(bytes: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch {
    throw fault(
      `listen.tls.certFile: ${path} holds no certificate in PEM.`,
      'Write the certificate there, then its chain.',
    );
  }
}

function privateKeyIn(bytes: Buffer, path: string): KeyObject {
  try {
    return createPrivateKey(bytes);
  } catch {
    if (bytes.includes('ENCRYPTED'))
      throw fault(`listen.tls.keyFile: ${path} is encrypted.`, 'Use a key without a passphrase.');
    throw fault(`listen.tls.keyFile: ${path} holds no private key in PEM.`, 'Write the private key there.');
  }
}

function checkPair(certificate: X509Certificate, key: KeyObject, certFile: string, keyFile: string): void {
  if (certificate.checkPrivateKey(key)) return;
  throw fault(
    `listen.tls: the key in ${keyFile} does not belong to the first certificate in ${certFile}.`,
    'Put the certificate of the gateway first, its chain after it, or name the key that was made for it.',
  );
}

function fault(say: string, wayOut: string): Error {
  return new Error(`${say} ${wayOut}`);
}

/** Read once; rejects as `readTlsPair` does. */
export async function openTlsFiles(paths: TlsPaths): Promise<{ readonly pair: TlsPair; readonly watch: TlsWatcher }> {
  // Before the files are read, so that a change in between is one.
  const state = await stateOf(paths);
  return { pair: await readTlsPair(paths), watch: (watching) => watch(paths, state, watching) };
}
/** Looks until the function that it returns is called. */
export type TlsWatcher = (watching: TlsWatch) => () => void;

function watch(paths: TlsPaths, first: string, { everyMs, onPair, onFault }: TlsWatch): () => void {
  let [taken, seen, busy] = [first, first, false];
  const look = async (): Promise<void> => {
    const now = await stateOf(paths);
    const isSettled = now === seen;
    seen = now;
    if (!isSettled || now === taken) return;
    taken = now;
    await readTlsPair(paths).then(onPair, onFault);
  };
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void look().finally(() => {
      busy = false;
    });
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Different after every change. */
async function stateOf({ certFile, keyFile }: TlsPaths): Promise<string> {
  const states = [certFile, keyFile].map((path) =>
    stat(path, { bigint: true }).then(
      ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(),
      () => 'none',
    ),
  );
  return (await Promise.all(states)).join(' ');
}
