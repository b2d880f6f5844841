/** Servers that share a log tell each other who is with them. One that starts asks the others, who tell it once. */
import type { Lease, PresencePeers } from './presence.ts'

/** Leases in one message: a NATS message has at most a megabyte. */
const AT_ONCE = 1_000

type Said = { leases: Lease[] } | { hello: true }

/** What is said here is heard by all servers but this one, at most once. */
type Gossip = { tell(said: Said): void; listen(listener: (said: Said) => void): void }

export function presenceBetweenServers({ tell, listen }: Gossip): PresencePeers {
  let take: (lease: Lease) => void = () => undefined
  let own: () => Iterable<Lease> = () => []
  return {
    announce: (lease) => tell({ leases: [lease] }),
    listen: (listener) => {
      take = listener
    },
    introduce(leases) {
      own = leases
      listen((said) => {
        if ('leases' in said) for (const lease of said.leases) take(lease)
        else for (const part of inParts([...own()])) tell({ leases: part })
      })
      tell({ hello: true })
    },
  }
}

function inParts(leases: Lease[]): Lease[][] {
  const count = Math.ceil(leases.length / AT_ONCE)
  return Array.from({ length: count }, (_, part) => leases.slice(part * AT_ONCE, (part + 1) * AT_ONCE))
}
