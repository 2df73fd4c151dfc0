// What a tab keeps until it is closed, over reloads: the random id that makes it one volunteer, and its invitation.
//
// A copy of a tab gets a copy of this, so two tabs may have one id; the coordinator then keeps the newer one, and the older says so.

import type { TabIdentity } from '../news.js';

/** The part of a browser's session storage that is needed. */
export interface SessionStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Where the page is, and how it changes what the address bar shows. */
export interface AddressBar {
  readonly hash: string;
  readonly replace: (hash: string) => void;
}

const idKey = 'starling-volunteer';
const tokenKey = 'starling-invitation';
const tokenPart = 'token=';
const idForm = /^[0-9a-f]{32}$/;
/** As the protocol has it: printable ASCII without spaces. */
const tokenForm = /^[!-~]{1,256}$/;

/** The tab's identity: that of before a reload, or a new one. */
export function recallIdentity(storage: SessionStorage | undefined, randomId: () => string): TabIdentity {
  const known = read(storage, idKey);
  return known !== undefined && idForm.test(known) ? identityOf(known) : renewIdentity(storage, randomId);
}

/** An identity that no other tab has. */
export function renewIdentity(storage: SessionStorage | undefined, randomId: () => string): TabIdentity {
  const id = randomId();
  write(storage, idKey, id);
  return identityOf(id);
}

/** Takes the invitation out of the address, where it is in everyone's sight, and keeps it; or gives the one that was kept. */
export function takeInvitation(storage: SessionStorage | undefined, bar: AddressBar): string | undefined {
  const parts = bar.hash.slice(1).split('&');
  const part = parts.find((each) => each.startsWith(tokenPart));
  if (part !== undefined) {
    const others = parts.filter((each) => each !== part).join('&');
    bar.replace(others === '' ? '' : `#${others}`);
    const given = decoded(part.slice(tokenPart.length));
    if (tokenForm.test(given)) {
      write(storage, tokenKey, given);
      return given;
    }
  }
  const kept = read(storage, tokenKey);
  return kept !== undefined && tokenForm.test(kept) ? kept : undefined;
}

/** The name shows a part of the id alone: whoever knew all of it could take the tab's place. */
const identityOf = (workerId: string): TabIdentity => ({ workerId, name: `tab-${workerId.slice(0, 8)}` });

/** A part of an address without its percent signs; nothing where they make no sense. A plus is a plus. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

function read(storage: SessionStorage | undefined, key: string): string | undefined {
  try {
    return storage?.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(storage: SessionStorage | undefined, key: string, value: string): void {
  try {
    storage?.setItem(key, value);
  } catch {
    // Full or forbidden: it holds until the page is loaded again.
  }
}
