/** Servers on one cluster tell each other on which inbox a poll has begun. */
import type { Peers } from '../../log/contract.ts'
import type { Connection } from './connection.ts'

/** `beganAt`: nanoseconds of the epoch, as text. Clocks that differ make the wrong one of two polls the newer, no more. */
type Announcement = { from: string; inbox: string; beganAt: string }

export function openPeers(connection: Connection, prefix: string): Peers {
  const subject = `${prefix}.peers`
  const self = crypto.randomUUID()
  return {
    announce(inbox, beganAt) {
      const announcement: Announcement = { from: self, inbox, beganAt: `${beganAt + epochOffset()}` }
      if (!connection.nats.isClosed()) connection.nats.publish(subject, JSON.stringify(announcement))
    },
    listen(listener) {
      connection.subscribe(subject, (message) => {
        const { from, inbox, beganAt }: Announcement = message.json()
        if (from !== self) listener(inbox, BigInt(beganAt) - epochOffset())
      })
    },
  }
}

/** What is added to this process's monotonic clock to get the time of day. */
function epochOffset(): bigint {
  return BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint()
}
