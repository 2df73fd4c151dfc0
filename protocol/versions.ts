// What both sides compare before anything else: protocol, numerics contract and profile.

import type { Welcome } from './coordinator-messages.js';
import { ProtocolError } from './errors.js';
import { contractVersion, numericsProfile, protocolVersion } from './messages.js';
import type { Hello } from './worker-messages.js';

/** Throws a ProtocolError where the other side's hello or welcome names other versions than this side's. */
export function checkVersions(message: Hello | Welcome): void {
  if (message.protocolVersion !== protocolVersion) {
    throw differs('protocol-version', 'protocol version', message.protocolVersion, protocolVersion);
  }
  if (message.contractVersion !== contractVersion) {
    throw differs('contract-version', 'numerics contract version', message.contractVersion, contractVersion);
  }
  if (message.profile !== numericsProfile) {
    throw differs('numerics-profile', 'numerics profile', message.profile, numericsProfile);
  }
}

function differs(
  code: 'protocol-version' | 'contract-version' | 'numerics-profile',
  what: string,
  found: number | string,
  wanted: number | string,
): ProtocolError {
  return new ProtocolError(code, `Cannot join: found ${what} ${found}, wanted ${wanted}`);
}
