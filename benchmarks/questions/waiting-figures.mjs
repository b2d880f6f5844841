/** What fanout and park have in common: they are the same work, looked at from two sides. */
export const checks = {
  lost: { label: 'lost', check: true },
  duplicates: { label: 'twice', check: true },
}

/** The most that one process can hold here: a descriptor each, and some for itself. */
export function atMost(wanted, limit) {
  return Math.min(wanted, limit - 1000)
}
