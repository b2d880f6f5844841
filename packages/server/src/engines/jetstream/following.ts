/** The rooms that are followed here, until nobody has used one for a while. */
import type { Connection } from './connection.ts'
import { type Announce, FollowedRoom, type RoomsShard } from './followed-room.ts'
import type { ShardNames } from './names.ts'

/** How long a room is followed that nobody uses, in milliseconds: a long poller is absent between two polls. */
const LINGER_MS = 90_000

/** How often to look for rooms that nobody uses, in milliseconds. */
const TIDY_MS = 15_000

export type FollowingOptions = {
  connection: Connection
  shardOf: (room: string) => RoomsShard
  announce: Announce
}

export class Following {
  readonly #options: FollowingOptions
  readonly #rooms = new Map<string, FollowedRoom>()
  readonly #tidy: NodeJS.Timeout

  constructor(options: FollowingOptions) {
    this.#options = options
    this.#tidy = setInterval(() => this.#dropIdle(), TIDY_MS).unref()
  }

  get size(): number {
    return this.#rooms.size
  }

  /** The followed rooms of one shard. */
  in(shard: ShardNames): FollowedRoom[] {
    return [...this.#rooms.values()].filter(({ names }) => names.messages === shard.messages)
  }

  /** Follows a room; resolves when what comes from now on will be announced. */
  async follow(room: string): Promise<FollowedRoom> {
    let followed = this.#rooms.get(room)
    if (!followed) {
      const { connection, shardOf, announce } = this.#options
      followed = new FollowedRoom(room, connection, shardOf(room), announce)
      this.#rooms.set(room, followed)
    }
    followed.usedAt = performance.now()
    try {
      await followed.ready
    } catch (error) {
      if (this.#rooms.get(room) === followed) this.#rooms.delete(room)
      throw error
    }
    return followed
  }

  #dropIdle(): void {
    for (const [room, followed] of this.#rooms) {
      if (followed.holders > 0 || performance.now() - followed.usedAt < LINGER_MS) continue
      this.#rooms.delete(room)
      followed.end()
    }
  }

  close(): void {
    clearInterval(this.#tidy)
    for (const followed of this.#rooms.values()) followed.end()
    this.#rooms.clear()
  }
}
