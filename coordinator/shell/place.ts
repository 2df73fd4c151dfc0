// Where a connection comes from, as far as it tells people apart: two connections of one place may be one person's.

/**
 * The place of a remote address with its port: the address, or of an IPv6 address the network of 64 bits, which is what a household
 * gets. Anything that is no address is a place by itself.
 */
export function placeOf(remote: string): string {
  const host = remote.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(host);
  if (mapped?.[1] !== undefined) return mapped[1];
  return host.includes(':') ? networkOf(host.toLowerCase()) : host;
}

/** The first four groups of an IPv6 address. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('%', 1)[0]?.split('::', 2) ?? [];
  const groups = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - last.length) }, () => '0');
  const all = tail === undefined ? groups : [...groups, ...zeros, ...last];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}
