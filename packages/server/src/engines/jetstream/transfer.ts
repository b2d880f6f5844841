/** Taking the log out, and putting it in: one message after another, for their order is that in which they are stored. */
import type { Transfer } from '../../log/contract.ts'
import type { JetStreamLog } from './log.ts'

export function transferOf(log: JetStreamLog): Transfer {
  return {
    keepsIndexes: false,
    async rooms() {
      const heads = new Map([...log.removed.floors()].map(([room, { index }]) => [room, index]))
      for (const { room, index } of await log.newestOfAll()) heads.set(room, index)
      const places = [...heads].map(([room, head]) => ({ room, head, floor: log.removed.floor(room) }))
      return places.sort((a, b) => (a.room < b.room ? -1 : 1))
    },
    restoreFloor: (room, { id }) => log.restoreFloor(room, id),
    async restore(_room, messages) {
      let last = 0
      for (const { index: _, ...before } of messages) {
        const { message } = await log.append(before)
        last = message.index
      }
      return last
    },
  }
}
