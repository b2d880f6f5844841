/** Servers on one cluster tell each other on which inbox a poll has begun, and whatever else is worth no line of the log. */
import type { Gossip, Peers } from '../../log/contract.ts'
import type { Connection } from './connection.ts'

/** `beganAt`: nanoseconds of the epoch, as text. Clocks that differ make the wrong one of two polls the newer, no more. */
type Announcement = { inbox: string; beganAt: string }

export function openPeers(connection: Connection, prefix: string): Peers {
  const self = crypto.randomUUID()

  function gossip<T>(topic: string): Gossip<T> {
    const subject = `${prefix}.${topic}`
    return {
      tell(message) {
        if (!connection.nats.isClosed()) connection.nats.publish(subject, JSON.stringify({ from: self, message }))
      },
      listen(listener) {
        connection.subscribe(subject, (received) => {
          const { from, message }: { from: string; message: T } = received.json()
          if (from !== self) listener(message)
        })
      },
    }
  }

  const polls = gossip<Announcement>('peers')
  return {
    announce: (inbox, beganAt) => polls.tell({ inbox, beganAt: `${beganAt + epochOffset()}` }),
    listen: (listener) => polls.listen(({ inbox, beganAt }) => listener(inbox, BigInt(beganAt) - epochOffset())),
    gossip,
  }
}

/** What is added to this process's monotonic clock to get the time of day. */
function epochOffset(): bigint {
  return BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint()
}
