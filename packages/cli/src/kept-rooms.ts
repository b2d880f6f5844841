/**
 * The keys of private rooms that this account has entered in the chat, one file for each: what is still to be sent there
 * has to find its room again. Invariant: nobody else can read them (0600 in a folder of 0700).
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { normaliseName, ROOM_KEY_PATTERN } from '@poll-chat/protocol'
import { accountFolder } from './account-folder.ts'
import { systemCode } from './failure.ts'
import { sameServer } from './identities.ts'
import { privateRoom } from './room-keys.ts'

type Kept = { server: string; room: string; key: string }

export class KeptRooms {
  readonly #server: string
  readonly #folder: string | undefined
  readonly #keys: Map<string, string>

  private constructor(server: string, folder: string | undefined, keys: Map<string, string>) {
    this.#server = server
    this.#folder = folder
    this.#keys = keys
  }

  /** Those of one server. A file that cannot be read is none. */
  static async of(url: string): Promise<KeptRooms> {
    const account = await accountFolder()
    const server = sameServer(url)
    const folder = account === undefined ? undefined : join(account, 'rooms')
    const kept = folder === undefined ? [] : readAll(folder).filter((one) => one.server === server)
    return new KeptRooms(server, folder, new Map(kept.map(({ room, key }) => [privateRoom(room, key), key])))
  }

  /** The key of a private room, by what it is called here. */
  readonly keyOf = (room: string): string | undefined => this.#keys.get(room)

  /** All private rooms of that name that are known. */
  named(name: string): string[] {
    return [...this.#keys.keys()].filter((room) => room.startsWith(`${name}!`))
  }

  /** Remembers a key, also beyond this chat where that can be done. Returns what the room is called here. */
  add(name: string, key: string): string {
    const room = privateRoom(name, key)
    this.#keys.set(room, key)
    if (this.#folder !== undefined) keep(this.#folder, { server: this.#server, room: name, key })
    return room
  }
}

function keep(folder: string, kept: Kept): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
    const label = privateRoom(`${kept.server} ${kept.room}`, kept.key).split('!')[1]
    writeFileSync(join(folder, `${label}.json`), `${JSON.stringify(kept)}\n`, { mode: 0o600, flush: true })
  } catch (error) {
    // A disk that cannot be written costs nothing but the memory.
    if (systemCode(error) === undefined) throw error
  }
}

function readAll(folder: string): Kept[] {
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch {
    return [] // there has been none
  }
  return names.flatMap((name) => readOne(join(folder, name)) ?? [])
}

function readOne(path: string): Kept | undefined {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { server, room, key } = { server: undefined, room: undefined, key: undefined, ...value }
  if (typeof server !== 'string' || typeof room !== 'string' || typeof key !== 'string') return undefined
  return normaliseName(room) === room && ROOM_KEY_PATTERN.test(key) ? { server, room, key } : undefined
}
