/*
 * Certificates made in the test that needs them, of a test's own authority: good ones, and ones with one thing wrong.
 *
 * Node reads X.509 but does not write it, and the command line of OpenSSL is not everywhere. What is written here is the
 * least that a TLS client asks for (RFC 5280 §4.1, in DER): P-256 keys, a name, a time, alternative names, whether it
 * may sign others.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export interface CertificateWish {
  readonly name: string;
  /** Names and addresses that it is good for. */
  readonly hosts?: readonly string[];
  /** Who signs; itself when left out. */
  readonly by?: Authority;
  /** Default: from an hour ago, for two days. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

export type Authority = Certificate & { readonly name: string };

const HOUR_MS = 3_600_000;
const ECDSA_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const COMMON_NAME = oid(0x55, 0x04, 0x03);
const ALTERNATIVE_NAMES = oid(0x55, 0x1d, 0x11);
const BASIC_CONSTRAINTS = oid(0x55, 0x1d, 0x13);

export function makeAuthority(name: string): Authority {
  return { name, ...made({ name }, true) };
}

export function makeCertificate(wish: CertificateWish): Certificate {
  return made(wish, false);
}

function made(wish: CertificateWish, signsOthers: boolean): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signer = wish.by ? createPrivateKey(wish.by.key) : privateKey;
  const toSign = bodyOf(wish, publicKey, signsOthers);
  const signature = sign('sha256', toSign, signer);
  const der = sequence(toSign, ECDSA_SHA256, tagged(0x03, Buffer.concat([Buffer.of(0), signature])));
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { cert: pem(der), key };
}

function bodyOf({ name, by, hosts = [], ...times }: CertificateWish, publicKey: KeyObject, signsOthers: boolean) {
  const { notBefore = new Date(Date.now() - HOUR_MS), notAfter = new Date(Date.now() + 48 * HOUR_MS) } = times;
  const version3 = tagged(0xa0, tagged(0x02, Buffer.of(2)));
  const serial = tagged(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)]));
  const validity = sequence(time(notBefore), time(notAfter));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const extensions = [extension(BASIC_CONSTRAINTS, sequence(...(signsOthers ? [tagged(0x01, Buffer.of(0xff))] : [])))];
  if (hosts.length > 0) extensions.push(extension(ALTERNATIVE_NAMES, sequence(...hosts.map(generalName))));
  return sequence(
    ...[version3, serial, ECDSA_SHA256, named(by?.name ?? name), validity, named(name), spki],
    tagged(0xa3, sequence(...extensions)),
  );
}

function named(name: string): Buffer {
  return sequence(tagged(0x31, sequence(COMMON_NAME, tagged(0x0c, Buffer.from(name)))));
}

function generalName(host: string): Buffer {
  if (isIP(host) === 4) return tagged(0x87, Buffer.from(host.split('.').map(Number)));
  return tagged(0x82, Buffer.from(host));
}

function extension(id: Buffer, value: Buffer): Buffer {
  return sequence(id, tagged(0x04, value));
}

/** GeneralizedTime, to the second. */
function time(date: Date): Buffer {
  return tagged(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]|\.\d+/g, '')}`));
}

function oid(...bytes: number[]): Buffer {
  return tagged(0x06, Buffer.from(bytes));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const size = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

function pem(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;
}
