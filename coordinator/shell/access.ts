// Who may do what at a coordinator: workers join with one token, volunteers with one that follows from it, the run's owner looks at everything
// with another. A token that is not set opens its door to everyone, which is for this machine alone.
//
// docs/decisions/073-the-volunteers-token-follows-from-the-workers.md

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The tokens of a coordinator. */
export interface AccessOptions {
  /** What workers have to say to join; nothing: anyone may. */
  readonly token?: string;
  /** What the run's owner has to say to see all of it; nothing: anyone may. */
  readonly administrationToken?: string;
}

/** Judges who comes. */
export interface Access {
  /** Whether whoever says this may work, and see what volunteers see. */
  readonly acceptsWorker: (token: string | undefined) => boolean;
  /** Whether this is what the volunteers' link says: whoever says it is a stranger, whatever else it says. */
  readonly isInvitation: (token: string | undefined) => boolean;
  /** Whether whoever says this may see the run as its owner does. */
  readonly acceptsAdministrator: (token: string | undefined) => boolean;
}

/** The access that these tokens give. */
export function accessOf({ token, administrationToken }: AccessOptions): Access {
  const invitation = token === undefined ? undefined : volunteerTokenOf(token);
  const isInvitation = (given: string | undefined): boolean => invitation !== undefined && isToken(given, invitation);
  return {
    acceptsWorker: (given) => isToken(given, token) || isInvitation(given),
    isInvitation,
    acceptsAdministrator: (given) => isToken(given, administrationToken),
  };
}

/** What volunteers say where workers say `token`. Nobody comes from the one to the other. */
export function volunteerTokenOf(token: string): string {
  return createHash('sha256').update(`starling volunteers\n${token}`).digest('base64url');
}

/** The token in a request's `Authorization: Bearer` header; undefined where there is none. */
export function bearerTokenOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer ([!-~]+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** Compares digests, so that neither length nor content of the token shows in the time it takes. */
function isToken(given: string | undefined, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(wanted)) && given !== undefined;
}
