/** The first bytes of memory hold what a run is told: two words of the key and the index of the group's first sequence; a zero; what is found. */
export const header = { key: 0, sequence: 8, zero: 12, nonFinite: 16, byteLength: 64 } as const;
