/**
 * Tells what a connection's bytes ask for, if the lane answers that. Clients repeat themselves, and a thousand ask
 * alike, so what was read is remembered: whole requests, heads, and the header lines of heads.
 */
import { parseCursor } from '@poll-chat/protocol'
import { type Forwarded, readForwarded } from '../limits/addresses.ts'
import { isPrivate, roomInLog } from '../log/room-names.ts'
import { type Credentials, readCredentials } from '../middleware/credentials.ts'
import { crossSiteFault } from '../middleware/cross-site.ts'
import type { Gate } from '../middleware/identity.ts'
import { isJsonType, type SendHead } from '../routes/sending.ts'
import { type Fields, type Head, parseFields, readHead } from './head.ts'
import { MAX_REQUEST_BYTES } from './partial.ts'
import { type Poll, readPoll, readSendTarget } from './targets.ts'

/** Readings that are remembered, of each kind. */
const REMEMBERED = 2000

const END = '\r\n\r\n'

/** A poll by cursor: up to the cursor, and the cursor. */
const TO_CURSOR = /^(GET \/v1\/rooms\/[^/ ]+\/messages\?(?:[^ ]*&)?after=)([\w.~-]+)/
const CURSOR = /^[\w.~-]+$/

export type Send = { type: 'send'; head: SendHead; path: string; body: Buffer }

/** A poll of a room as the log calls it. */
export type PollOf = Poll & Pick<Credentials, 'claim'>

/** `bytes`: the whole request; those who poll alike share them. `forwarded`: what it says of where it came from. */
export type Read = { bytes: Buffer; request: PollOf | Send; forwarded: Forwarded }

/** The end of the head has not come, or not all of the body: so many bytes has the whole request. */
export type Awaited = 'head' | number

/** What a head means: a poll whole, or a send whose body follows. */
type Meaning = Read | { send: SendHead; path: string; bodyBytes: number; forwarded: Forwarded }

export class RequestReader {
  readonly #gate: Gate
  readonly #meanings = new Remembered<Meaning>()
  readonly #fields = new Remembered<Fields>()
  #latest: Read | undefined

  constructor(gate: Gate) {
    this.#gate = gate
  }

  /** `undefined` for what the full parser is to read. */
  read(bytes: Buffer): Read | Awaited | undefined {
    const latest = this.#latest
    if (latest && latest.bytes.length === bytes.length && latest.bytes.equals(bytes)) return latest
    const end = bytes.indexOf(END)
    if (end === -1) return 'head'
    const bodyAt = end + END.length
    const meaning = this.#meaning(bytes.toString('latin1', 0, bodyAt))
    if (!meaning) return undefined
    if ('send' in meaning) return readSend(meaning, bytes, bodyAt)
    if (bytes.length > bodyAt) return undefined // pipelining is for the full parser
    this.#latest = meaning
    return meaning
  }

  #meaning(text: string): Meaning | undefined {
    return text.length > MAX_REQUEST_BYTES ? undefined : this.#meanings.get(text, () => this.#readHead(text))
  }

  /** A head says all that is decided by, so it is remembered only for who may come in. */
  #readHead(text: string): Meaning | undefined {
    const followed = this.#latest && readOn(this.#latest, text)
    if (followed) return followed
    const head = readHead(text, (lines) => this.#fields.get(lines, () => parseFields(lines)))
    const meaning = head && meaningOf(head, text)
    if (
      !head ||
      !meaning ||
      (changesSomething(meaning) && crossSiteFault(head.method, (name) => fieldOf(head, name)))
    ) {
      return undefined
    }
    const { hostname } = head.fields
    return this.#gate({ path: pathOf(head), hostname, authorization: fieldOf(head, 'authorization') })
      ? undefined
      : meaning
  }
}

/** What asks the same as a poll before it but for the cursor, as who follows a room does: nothing else is read again. */
function readOn(before: Read, text: string): Read | undefined {
  const [, start, cursor] = TO_CURSOR.exec(text) ?? []
  if (before.request.type !== 'messages' || start === undefined || cursor === undefined) return undefined
  const textBefore = before.bytes.toString('latin1')
  const end = text.slice(start.length + cursor.length)
  const cursorBefore = textBefore.slice(start.length, textBefore.length - end.length)
  const isSame = textBefore.startsWith(start) && textBefore.endsWith(end) && CURSOR.test(cursorBefore)
  const after = isSame ? parseCursor(cursor) : undefined
  return after && { ...before, bytes: Buffer.from(text, 'latin1'), request: { ...before.request, after } }
}

/** Readings by their text; when there are too many, all are forgotten. */
class Remembered<Reading> {
  readonly #readings = new Map<string, Reading | undefined>()

  get(text: string, read: () => Reading | undefined): Reading | undefined {
    let reading = this.#readings.get(text)
    if (reading === undefined && !this.#readings.has(text)) {
      reading = read()
      if (this.#readings.size >= REMEMBERED) this.#readings.clear()
      this.#readings.set(text, reading)
    }
    return reading
  }
}

function meaningOf(head: Head, text: string): Meaning | undefined {
  const { method, target, fields } = head
  const credentials = credentialsOf(head)
  if (!credentials) return undefined
  const { claim, roomKey } = credentials
  const forwarded = readForwarded((name) => fieldOf(head, name))
  if (method === 'GET') {
    const poll = readPoll(target)
    const request = poll && { ...poll, room: roomInLog(poll.room, roomKey), claim }
    return request && { bytes: Buffer.from(text, 'latin1'), request, forwarded }
  }
  const send = readSendTarget(target)
  const isJson = isJsonType(fields.values.get('content-type'))
  if (!send) return undefined
  const bodyBytes = fields.bodyBytes ?? 0
  const room = roomInLog(send.room, roomKey)
  return { send: { ...send, room, claim, isJson }, path: pathOf(head), bodyBytes, forwarded }
}

function credentialsOf(head: Head): Credentials | undefined {
  try {
    return readCredentials((name) => fieldOf(head, name))
  } catch {
    return undefined // the routes read the same and say what is wrong
  }
}

/** All connections are read into one buffer: a send that may have to wait for leave to enter its room keeps its own bytes. */
function readSend(
  { send, path, bodyBytes, forwarded }: Exclude<Meaning, Read>,
  read: Buffer,
  bodyAt: number,
): Read | number | undefined {
  const length = bodyAt + bodyBytes
  if (length > MAX_REQUEST_BYTES || read.length > length) return undefined
  if (read.length < length) return length
  const bytes = isPrivate(send.room) ? Buffer.from(read) : read
  return { bytes, request: { type: 'send', head: send, path, body: bytes.subarray(bodyAt) }, forwarded }
}

function changesSomething(meaning: Meaning): boolean {
  return !('request' in meaning) || meaning.request.type === 'inbox' || meaning.request.type === 'classic-long-poll'
}

function fieldOf({ fields }: Head, name: string): string | undefined {
  return fields.values.get(name.toLowerCase())
}

function pathOf({ target }: Head): string {
  return target.split('?', 1)[0] ?? ''
}
