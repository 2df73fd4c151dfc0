// The named limits of a coordinator's server: what a stranger can take of it. docs/security.md lists them, each with its test; those
// of frames and their fields are the protocol's.

/** Upper bounds on what comes in; counts are at one time. */
export const servingLimits = {
  /** Sockets, whatever is said over them; beyond, new ones are closed. */
  socketCount: 2048,
  /** WebSockets in total: as many as one coordinator serves well. */
  connectionCount: 1024,
  /** WebSockets of one IPv4 address or one /64 network of IPv6, where others than this machine can come. */
  connectionCountPerAddress: 128,
  /** WebSockets that such an address may open at once: a school's, when the coordinator is back. */
  openingCountPerAddress: 256,
  /** The same, again and again. */
  openingsPerSecondPerAddress: 4,
  /** The time for a TLS handshake. */
  secureHandshakeMilliseconds: 10_000,
  /** The time for a whole HTTP request, its headers included. */
  requestMilliseconds: 10_000,
  /** The headers of an HTTP request. */
  requestHeaderBytes: 16 * 1024,
  /** The time from the opening of a WebSocket to the end of its first frame. */
  handshakeMilliseconds: 10_000,
  /** Heartbeats without a byte after which a connection is given up. */
  silentHeartbeats: 3,
  /** The time for the answer to a close. */
  closeMilliseconds: 2000,
  /** Parts that a frame may come in. */
  fragmentCount: 1024,
  /** Frames and pings at once that nothing asked for; more than one connection ever waits to answer. */
  unaskedFrameCount: 1024,
  /** The same, again and again. */
  unaskedFramesPerSecond: 20,
  /** Bytes that may wait for a slow reader. */
  bufferedBytes: 64 * 1024 * 1024,
} as const;
