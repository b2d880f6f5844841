/**
 * What outlives the chat, on disk: what was typed and sent (history), what is half typed (drafts), what is still to be sent
 * (letters), and how far was read. One folder for each server and uid; only its owner can read it.
 * Invariant: a file is either its old or its new content, also after a crash. A disk that cannot be written costs nothing
 * but this: `fault` then tells why.
 */
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'

/** A text that the server has not acknowledged. `reason` is why it refused it. */
export type Letter = { id: string; text: string; reason?: string }

/** Texts of the history that are kept. */
export const MAX_HISTORY = 1_000

/** Rooms that are remembered. */
const MAX_ROOMS = 20

export class Keep {
  /** Why nothing can be kept. */
  fault: string | undefined
  readonly #folder: string
  #letters = new Map<string, string>()
  #count = 0

  /** @param folder where the state of the account lies; a folder for this server and uid is made in it */
  constructor(folder: string, { url, uid }: { url: string; uid: string }) {
    this.#folder = join(folder, createHash('sha256').update(`${url} ${uid}`).digest('hex').slice(0, 24))
  }

  /** The texts that were sent, oldest first. */
  history(): string[] {
    const lines = this.#read('history')?.split('\n') ?? []
    return lines.flatMap((line) => parsed(line, isText)).slice(-MAX_HISTORY)
  }

  addToHistory(text: string): void {
    this.#try(() => {
      this.#makeFolder(this.#folder)
      fs.appendFileSync(join(this.#folder, 'history'), `${JSON.stringify(text)}\n`, { mode: 0o600 })
      const all = this.#read('history')?.split('\n') ?? []
      if (all.length > 2 * MAX_HISTORY) this.#write('history', `${all.slice(-MAX_HISTORY).join('\n')}`)
    })
  }

  draft(room: string): string {
    return this.#read(fileOf(room, 'draft')) ?? ''
  }

  saveDraft(room: string, text: string): void {
    const file = fileOf(room, 'draft')
    if (text === '') this.#try(() => fs.rmSync(join(this.#folder, file), { force: true }))
    else this.#try(() => this.#write(file, text))
  }

  /** The cursor up to which the room was read. */
  place(room: string): string | undefined {
    return this.#read(fileOf(room, 'place'))
  }

  savePlace(room: string, cursor: string): void {
    this.#try(() => this.#write(fileOf(room, 'place'), cursor))
  }

  /** The rooms that were entered, the last one first. */
  rooms(): string[] {
    return this.#read('rooms')?.split('\n').filter(Boolean) ?? []
  }

  addRoom(room: string): void {
    const rooms = [room, ...this.rooms().filter((other) => other !== room)].slice(0, MAX_ROOMS)
    this.#try(() => this.#write('rooms', rooms.join('\n')))
  }

  /** What is still to be sent to a room, in order. */
  letters(room: string): Letter[] {
    const folder = join(this.#folder, fileOf(room, 'letters'))
    let names: string[]
    try {
      names = fs.readdirSync(folder).filter((name) => name.endsWith('.json'))
    } catch {
      return [] // there has been none
    }
    return names.sort().flatMap((name) => {
      const [letter] = parsed(this.#read(join(fileOf(room, 'letters'), name)) ?? '', isLetter)
      if (!letter) return []
      this.#letters.set(letter.id, join(fileOf(room, 'letters'), name))
      return [letter]
    })
  }

  /** Keeps a letter, or what became of it, until it is dropped. */
  putLetter(room: string, letter: Letter): void {
    const order = `${Date.now()}`.padStart(15, '0') + `${this.#count++}`.padStart(6, '0')
    const file = this.#letters.get(letter.id) ?? join(fileOf(room, 'letters'), `${order}.json`)
    this.#letters.set(letter.id, file)
    this.#try(() => this.#write(file, JSON.stringify(letter)))
  }

  dropLetter(id: string): void {
    const file = this.#letters.get(id)
    this.#letters.delete(id)
    if (file !== undefined) this.#try(() => fs.rmSync(join(this.#folder, file), { force: true }))
  }

  #read(file: string): string | undefined {
    try {
      return fs.readFileSync(join(this.#folder, file), 'utf8')
    } catch {
      return undefined // it is not there, or not ours to read
    }
  }

  #write(file: string, content: string): void {
    const path = join(this.#folder, file)
    this.#makeFolder(join(path, '..'))
    const fresh = `${path}.${process.pid}.new`
    const fd = fs.openSync(fresh, 'w', 0o600)
    try {
      fs.writeFileSync(fd, content)
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
    fs.renameSync(fresh, path)
  }

  #makeFolder(path: string): void {
    fs.mkdirSync(path, { recursive: true, mode: 0o700 })
  }

  #try(work: () => void): void {
    try {
      work()
      this.fault = undefined
    } catch (error) {
      this.fault = error instanceof Error ? error.message : String(error)
    }
  }
}

/** Room names have no separators; on some disks `Tea` and `tea` are one file, so capitals are written out. */
function fileOf(room: string, what: string): string {
  return `${encodeURIComponent(room).replace(/[A-Z]/g, (letter) => `^${letter.toLowerCase()}`)}.${what}`
}

/** What a line of JSON holds, if it is what it should be. Half a line, after a crash, is nothing. */
function parsed<T>(line: string, is: (value: unknown) => value is T): T[] {
  if (line === '') return []
  try {
    const value: unknown = JSON.parse(line)
    return is(value) ? [value] : []
  } catch {
    return []
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isLetter(value: unknown): value is Letter {
  if (typeof value !== 'object' || value === null || !('id' in value) || !('text' in value)) return false
  const isReason = !('reason' in value) || typeof value.reason === 'string'
  return typeof value.id === 'string' && typeof value.text === 'string' && isReason
}
