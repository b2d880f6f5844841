/**
 * A log as JSON Lines, from one engine to another: a header; each room with up to where it is no longer kept, its messages in
 * index order, and the inboxes behind the messages where they stand; what else the store has; and an end that says how much there was, with the SHA-256
 * of all lines before it. Invariant: whoever reads or writes one holds some lines of it at a time.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { z } from 'zod'
import { TransferError } from './transfer-error.ts'

export const FORMAT_VERSION = 1

const messageLine = z.looseObject({
  type: z.literal('message'),
  index: z.int().min(1),
  id: z.string().min(1),
  from: z.object({ uid: z.string().min(1), verified: z.boolean() }),
  text: z.string(),
  at: z.iso.datetime(),
})

const lineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('poll-chat export'), version: z.int(), at: z.iso.datetime() }),
  /** `head`: the highest index ever given there. */
  z.object({ type: z.literal('room'), room: z.string().min(1), head: z.int().min(0) }),
  /** The last message of the room that is no longer kept, before its messages. */
  z.object({ type: z.literal('floor'), index: z.int().min(1), id: z.string().min(1) }),
  messageLine,
  /** An inbox of the last room, which stands behind the last message, or before the first. */
  z.object({ type: z.literal('place'), uid: z.string().min(1) }),
  z.object({ type: z.literal('entry'), key: z.string().min(1), value: z.string() }),
  z.object({
    type: z.literal('end'),
    rooms: z.int(),
    messages: z.int(),
    places: z.int(),
    entries: z.int(),
    sha256: z.string(),
  }),
])

export type Line = z.infer<typeof lineSchema>
export type Counts = { rooms: number; messages: number; places: number; entries: number }

const COUNTED = new Map<Line['type'], keyof Counts>([
  ['room', 'rooms'],
  ['message', 'messages'],
  ['place', 'places'],
  ['entry', 'entries'],
])

/** What has gone through so far. */
class Sum {
  readonly counts: Counts = { rooms: 0, messages: 0, places: 0, entries: 0 }
  readonly #hash = createHash('sha256')

  add(type: Line['type'], line: string): void {
    this.#hash.update(`${line}\n`)
    const counted = COUNTED.get(type)
    if (counted) this.counts[counted]++
  }

  end(): Line {
    return { type: 'end', ...this.counts, sha256: this.#hash.digest('hex') }
  }
}

/** Puts header and end around what is written. */
export async function* written(lines: AsyncIterable<Line>): AsyncGenerator<string, Counts> {
  const sum = new Sum()
  const write = (line: Line) => {
    const json = JSON.stringify(line)
    sum.add(line.type, json)
    return `${json}\n`
  }
  yield write({ type: 'poll-chat export', version: FORMAT_VERSION, at: new Date().toISOString() })
  for await (const line of lines) yield write(line)
  yield `${JSON.stringify(sum.end())}\n`
  return sum.counts
}

/**
 * What a file has, without header and end.
 * @throws TransferError when it is none of ours, damaged, or cut off; what came before has been given by then
 */
export async function* readLines(path: string): AsyncGenerator<Exclude<Line, { type: 'poll-chat export' | 'end' }>> {
  const sum = new Sum()
  let number = 0
  let ended = false
  for await (const text of linesOf(path)) {
    number++
    if (ended) throw new TransferError(`${path} has more after its end, in line ${number}: it is damaged.`)
    const line = parse(path, text, number)
    if ((line.type === 'poll-chat export') !== (number === 1)) throw new TransferError(notOurs(path, number))
    if (line.type === 'poll-chat export') {
      if (line.version !== FORMAT_VERSION)
        throw new TransferError(`${path} was written by a newer poll-chat (version ${line.version}); update this one.`)
      sum.add(line.type, text)
    } else if (line.type === 'end') {
      if (JSON.stringify(line) !== JSON.stringify(sum.end()))
        throw new TransferError(`${path} is damaged: it does not have what its last line says. Export it again.`)
      ended = true
    } else {
      sum.add(line.type, text)
      yield line
    }
  }
  if (!ended) throw new TransferError(`${path} is cut off: its end is missing. Export it again.`)
}

function parse(path: string, text: string, number: number): Line {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new TransferError(notOurs(path, number))
  }
  const line = lineSchema.safeParse(json)
  if (!line.success) throw new TransferError(notOurs(path, number))
  return line.data
}

function notOurs(path: string, number: number): string {
  return number === 1 ? `${path} is no export of poll-chat.` : `${path} is damaged in line ${number}. Export it again.`
}

/** Lines are at most as long as a message can be; one that is longer is not ours. */
const MAX_LINE = 256 * 1024

async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = ''
  let number = 0
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        number++
        yield line
      }
      if (rest.length > MAX_LINE) throw new TransferError(notOurs(path, number + 1))
    }
  } catch (error) {
    if (error instanceof TransferError || !(error instanceof Error && 'code' in error)) throw error
    throw new TransferError(`${path} cannot be read: ${error.message}.`, { cause: error })
  }
  if (rest !== '') yield rest
}
