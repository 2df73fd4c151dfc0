// Certificate and key of a served run: read, and looked at before anyone connects.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TlsIdentity } from '../coordinator/shell/index.js';
import { CommandError, exitCodes } from './exit-codes.js';

/** The files of a TLS identity. */
export interface TlsFiles {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** Reads certificate and key; undefined where none is named. Throws CommandError with code `tls-invalid` where they are not good. */
export function tlsIdentityOf({ tlsCert, tlsKey }: TlsFiles, now: Date): TlsIdentity | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined) throw invalid('Cannot serve over TLS: --tls-key found alone, --tls-cert wanted too');
  if (tlsKey === undefined) throw invalid('Cannot serve over TLS: --tls-cert found alone, --tls-key wanted too');
  const [cert, key] = [read(tlsCert, 'certificate'), read(tlsKey, 'key')];
  const certificate = parse(`Cannot use certificate ${tlsCert}: no certificate in PEM found`, () => new X509Certificate(cert));
  const privateKey = parse(`Cannot use key ${tlsKey}: no private key in PEM without a passphrase found`, () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw invalid(`Cannot serve over TLS: ${tlsKey} holds another key than that of ${tlsCert}, the certificate's wanted`);
  }
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  if (to <= now) throw invalid(`Cannot use certificate ${tlsCert}: it expired ${to.toISOString()}, a valid one wanted`);
  if (from > now) throw invalid(`Cannot use certificate ${tlsCert}: it is valid from ${from.toISOString()}, a valid one wanted`);
  return { cert, key };
}

/** Reads a certificate that a worker is to trust. */
export function trustedCertificate(file: string): string {
  const cert = read(file, 'certificate');
  parse(`Cannot use certificate ${file}: no certificate in PEM found`, () => new X509Certificate(cert));
  return cert;
}

function read(file: string, what: string): string {
  return parse(`Cannot read ${what} ${file}`, () => readFileSync(file, 'utf8'));
}

function parse<T>(failure: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw invalid(`${failure}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function invalid(message: string): CommandError {
  return new CommandError('tls-invalid', exitCodes.usage, message);
}
