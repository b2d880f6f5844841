/** How rooms are named to a client: `lobby`, and `lobby!LABEL` for a private one, whose key the client is told by that name. */
import { ChatError, normaliseName, ROOM_KEY_PATTERN } from '@poll-chat/protocol'
import type { RoomKeys } from './types.ts'

/** What the server is told of a room. */
export type Room = { name: string; key: string | undefined }

/** Neither a name nor a place in several rooms can hold one. */
const LABEL = /^[A-Za-z0-9_-]{1,64}$/

/**
 * Checked here because `..` would change the path, and the server could not tell what was meant; and because what is
 * meant for a private room must not come into the public one.
 */
export function roomOf(room: string, keys: RoomKeys): Room {
  const [plain = '', label, ...more] = room.split('!')
  const name = normaliseName(plain)
  if (name === undefined || more.length > 0 || (label !== undefined && !LABEL.test(label)))
    throw new ChatError('bad-request', 'A room name has 1-64 letters, digits, "-", "_" or ".".')
  const key = keys(room)
  if (key === undefined && label !== undefined)
    throw new ChatError('bad-request', `There is no key for "${name}" here.`)
  if (key !== undefined && !ROOM_KEY_PATTERN.test(key))
    throw new ChatError('bad-request', 'A room key has 8-512 visible ASCII characters, and no comma.')
  return { name, key }
}

/** Several rooms as the server names them in one request: private ones by the number of their key. */
export class RoomNames {
  /** What the header has. */
  readonly keys: string | undefined
  readonly #wire = new Map<string, string>()
  readonly #own = new Map<string, string>()

  /** `rooms`: by what they are called here. */
  constructor(rooms: ReadonlyMap<string, Room>) {
    const keys = [...new Set([...rooms.values()].flatMap(({ key }) => key ?? []))]
    for (const [room, { name, key }] of rooms) {
      const wire = wireName(name, key === undefined ? undefined : keys.indexOf(key) + 1)
      this.#wire.set(room, wire)
      this.#own.set(wire, room)
    }
    this.keys = keys.length === 0 ? undefined : keys.join(', ')
  }

  /** What a room of an answer is called here. */
  ownName(room: string, key: number | undefined): string {
    const wire = wireName(room, key)
    return this.#own.get(wire) ?? wire
  }

  /** A list such as `lobby@CURSOR,ops!1@CURSOR`, with the names of here or, the other way round, from those of the wire. */
  toWire(list: string): string {
    return renamed(list, this.#wire)
  }

  fromWire(list: string): string {
    return renamed(list, this.#own)
  }
}

function renamed(list: string, names: ReadonlyMap<string, string>): string {
  const rename = (place: string) => {
    const [name = '', ...rest] = place.split('@')
    return [names.get(name) ?? name, ...rest].join('@')
  }
  return list.split(',').map(rename).join()
}

function wireName(name: string, key: number | undefined): string {
  return key === undefined ? name : `${name}!${key}`
}
