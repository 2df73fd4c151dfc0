// Certificates for tests, made when they are wanted: X.509 version 3 in DER (RFC 5280), signed with ECDSA on P-256 and SHA-256.

import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';

/** For whom and for how long, and who vouches for it. */
export interface CertificateRequest {
  /** DNS names and IPv4 addresses; the first one is the subject. */
  readonly names: readonly string[];
  readonly from?: Date;
  readonly to?: Date;
  /** Nothing: it vouches for itself. */
  readonly issuer?: Issued;
}

/** A certificate and its key, in memory and as files. */
export interface Issued {
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly certFile: string;
  readonly keyFile: string;
}

const day = 24 * 3600 * 1000;

/** Makes a certificate, and writes it and its key to a folder. */
export function issueCertificate(folder: string, request: CertificateRequest): Issued {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [name = ''] = request.names;
  const { issuer } = request;
  const signature = sequence(objectId(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
  const { from = new Date(Date.now() - day), to = new Date(Date.now() + day) } = request;
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.of(2))),
    tagged(0x02, Buffer.of(1 + Math.floor(performance.now() % 100))),
    signature,
    distinguishedName(issuer?.name ?? name),
    sequence(time(from), time(to)),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(subjectNames(request.names), basicConstraints(issuer === undefined))),
  );
  const signed = sign('sha256', body, issuer?.privateKey ?? privateKey);
  const certificate = sequence(body, signature, tagged(0x03, Buffer.of(0), signed));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  writeFileSync(certFile, ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n'));
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return { name, privateKey, certFile, keyFile };
}

function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tagged(0x30, ...parts);
const objectId = (...bytes: readonly number[]): Buffer => tagged(0x06, Buffer.from(bytes));

function distinguishedName(commonName: string): Buffer {
  const attribute = sequence(objectId(0x55, 0x04, 0x03), tagged(0x0c, Buffer.from(commonName)));
  return sequence(tagged(0x31, attribute));
}

/** UTCTime, which has two digits of the year: enough before 2050. */
function time(date: Date): Buffer {
  const text = `${date.toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z`;
  return tagged(0x17, Buffer.from(text.slice(2)));
}

function subjectNames(names: readonly string[]): Buffer {
  const entries = names.map((name) =>
    isIPv4(name) ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name)),
  );
  return sequence(objectId(0x55, 0x1d, 0x11), tagged(0x04, sequence(...entries)));
}

function basicConstraints(isAuthority: boolean): Buffer {
  const content = isAuthority ? sequence(tagged(0x01, Buffer.of(0xff))) : sequence();
  return sequence(objectId(0x55, 0x1d, 0x13), tagged(0x01, Buffer.of(0xff)), tagged(0x04, content));
}
