/**
 * Puts an exported log into an engine. Invariant: nothing is written before the whole file was found undamaged and to fit
 * to what is there, and what is there is only added to. So it may be interrupted anywhere and done again.
 */
import { cursorAfter, type Message, START } from '@poll-chat/protocol'
import type { Engine, Transfer } from '../log/contract.ts'
import { type Counts, readLines } from './lines.ts'
import { messagesOf } from './rooms.ts'
import { TransferError } from './transfer-error.ts'

/** Messages that are made durable together. */
const BATCH = 500

export type Imported = Counts & {
  /** Messages that were not there yet. */
  added: number
  /** Whether cursors of before are cursors there. */
  keepsIndexes: boolean
}

/** A message that others stand behind. */
type Mark = { index: number; id: string }

type Open = Pick<Engine, 'log' | 'store'> & { transfer: Transfer }

/**
 * @param onStep hears of what begins
 * @throws TransferError with a sentence that says what to do
 */
export async function importFile(
  { log, store, transfer }: Engine,
  path: string,
  onStep: (step: 'check' | 'write' | 'compare') => void = () => undefined,
): Promise<Imported> {
  if (!transfer) throw new TransferError('A log in memory ends with its server; import into --data or --engine.')
  const engine = { log, store, transfer }
  onStep('check')
  const { missing } = await compare(engine, path)
  onStep('write')
  await write(engine, path)
  onStep('compare')
  const { missing: left, counts } = await compare(engine, path)
  if (left > 0) throw new TransferError(`${left} of ${counts.messages} messages are not there after all; import again.`)
  return { ...counts, added: missing, keepsIndexes: transfer.keepsIndexes }
}

/** Whether what is there fits to the file, and how many messages it lacks. */
async function compare({ log, store, transfer }: Open, path: string): Promise<{ missing: number; counts: Counts }> {
  const counts: Counts = { rooms: 0, messages: 0, places: 0, entries: 0 }
  let missing = 0
  const floors = new Map((await transfer.rooms()).map(({ room, floor }) => [room, floor]))
  let place = new Place('', undefined)
  for await (const line of readLines(path)) {
    if (line.type === 'room') {
      counts.rooms++
      await place.end()
      place = new Place(line.room, messagesOf(log, line.room))
    } else if (line.type === 'message') {
      counts.messages++
      const stored = await place.next()
      if (!stored) missing++
      else place.check(messageOf(place.room, line), stored, transfer)
      place.pass(path, line.index)
    } else if (line.type === 'floor') {
      const there = floors.get(place.room)
      if (there) place.checkFloor(line, there, transfer)
      else if ((await log.head(place.room)).index > START.index) place.refuse(START.index)
      else missing++
      place.pass(path, line.index)
    } else if (line.type === 'entry') {
      counts.entries++
      const there = await store.get(line.key)
      if (there && there.value !== line.value && !line.key.startsWith('inbox/'))
        throw new TransferError(`There is another "${line.key}" already. ${ELSEWHERE}`)
    } else counts.places++
  }
  await place.end()
  return { missing, counts }
}

async function write({ log, store, transfer }: Open, path: string): Promise<void> {
  let place = new Place('', undefined)
  let head = 0
  let last: Mark | undefined
  let batch: Message[] = []
  const flush = async () => {
    if (batch.length === 0) return
    const index = await transfer.restore(place.room, batch, head)
    last = { index, id: batch.at(-1)?.id ?? '' }
    batch = []
  }
  for await (const line of readLines(path)) {
    if (line.type === 'message') {
      const stored = await place.next()
      if (stored) last = stored
      else batch.push(messageOf(place.room, line))
      if (batch.length >= BATCH) await flush()
      continue
    }
    await flush()
    if (line.type === 'room') {
      await place.end()
      place = new Place(line.room, messagesOf(log, line.room))
      head = line.head
      last = undefined
      await transfer.restore(line.room, [], head)
    } else if (line.type === 'floor') {
      last = { index: await transfer.restoreFloor(place.room, line), id: line.id }
    } else {
      const key = line.type === 'entry' ? line.key : `inbox/${place.room}/${line.uid}`
      const value = line.type === 'entry' ? line.value : last ? cursorAfter(last) : '0'
      await store.put(key, value, { expected: 0 }) // one that is there may have moved on
    }
  }
  await flush()
  await place.end()
}

const ELSEWHERE = 'Nothing was changed; import into a place that has nothing else.'

/** Where a reader of a room has come to. */
class Place {
  readonly room: string
  readonly #stored: AsyncGenerator<Message> | undefined
  #index = 0

  constructor(room: string, stored: AsyncGenerator<Message> | undefined) {
    this.room = room
    this.#stored = stored
  }

  /** What is stored next; nothing at the end of what is there. */
  async next(): Promise<Message | undefined> {
    const next = await this.#stored?.next()
    return next?.done ? undefined : next?.value
  }

  check(wanted: Message, stored: Message, { keepsIndexes }: Transfer): void {
    if (contentOf(wanted) === contentOf(stored) && (!keepsIndexes || wanted.index === stored.index)) return
    this.refuse(stored.index)
  }

  checkFloor(wanted: Mark, stored: Mark, { keepsIndexes }: Transfer): void {
    if (wanted.id !== stored.id || (keepsIndexes && wanted.index !== stored.index)) this.refuse(stored.index)
  }

  refuse(index: number): never {
    throw new TransferError(`Room "${this.room}" has other messages, from index ${index} on. ${ELSEWHERE}`)
  }

  pass(path: string, index: number): void {
    if (this.room === '' || index <= this.#index)
      throw new TransferError(`${path} is damaged: its messages are not in order.`)
    this.#index = index
  }

  async end(): Promise<void> {
    await this.#stored?.return(undefined)
  }
}

function messageOf(room: string, { type: _, ...line }: Omit<Message, 'room'> & { type: 'message' }): Message {
  return { ...line, room }
}

function contentOf({ id, from, text, at }: Message): string {
  return JSON.stringify([id, from.uid, from.verified, text, at])
}
