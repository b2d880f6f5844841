/** Readers that wait, and ask again as soon as they were answered: each stands at a place of its own. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, sourceAddress } from './connection.mjs'

/** Connections being opened at once: below any server's queue of the kernel (511 for Node). */
const OPENING_AT_ONCE = 100
/** An answer without messages means that the server has no place to wait; asking at once would only add to it. */
const PAUSE_MS = 200

export class Readers {
  errors = 0
  empty = 0
  lastError
  #job
  #dialect
  #ledger
  #all = []
  #rooms
  #firstPlaces = new Map()
  #ended = false

  constructor(job, { dialect, ledger }) {
    this.#job = job
    this.#dialect = dialect
    this.#ledger = ledger
    this.#rooms = job.rooms ?? 1
  }

  roomOf(number) {
    return this.#rooms === 1 ? this.#job.room : `${this.#job.room}-${number % this.#rooms}`
  }

  /** Resolves when everybody has asked. */
  async open(count) {
    await this.#findFirstPlaces()
    let next = 0
    const openNext = async () => {
      while (next < count && this.errors < 100) await this.#open(next++)
    }
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openNext))
    if (this.errors > 0) throw new Error(`${this.errors} of ${next} readers could not begin: ${this.lastError}`)
  }

  end() {
    this.#ended = true
    for (const connection of this.#all) connection.end()
  }

  async #findFirstPlaces() {
    for (let i = 0; i < this.#rooms; i++) {
      const room = this.roomOf(i)
      const place = this.#dialect.head
        ? await firstAnswer(this.#job, this.#dialect.head(room), this.#dialect.nextPlace)
        : ''
      this.#firstPlaces.set(room, place)
    }
  }

  #open(number) {
    const room = this.roomOf(number)
    return new Promise((resolve) => {
      const greeting = this.#dialect.greeting ?? []
      let step = 0
      let place = this.#firstPlaces.get(room)
      const connection = new Connection(
        { port: this.#job.port, localAddress: sourceAddress(this.#job.run, number) },
        {
          onReady: () => goOn(),
          onAnswer: (one, buffer, start, end) => {
            if (step > greeting.length) return this.#answered(one, number, room, buffer, start, end)
            if (one.status !== 200) this.#fail(`a greeting was answered with ${one.status}`)
            place = this.#dialect.greetingPlace?.(buffer.latin1Slice(start, end)) ?? place
            goOn()
          },
          onLost: (reason) => resolve(this.#fail(reason)),
        },
      )
      this.#all.push(connection)
      const goOn = () => {
        if (step < greeting.length) return connection.request(greeting[step++](place))
        step++
        connection.again = this.#dialect.wait(room, place) // for dialects whose place never changes
        connection.request(connection.again)
        resolve()
      }
    })
  }

  #answered(connection, number, room, buffer, start, end) {
    if (connection.status !== 200) {
      this.#fail(`a wait was answered with ${connection.status}`)
      return this.#later(connection)
    }
    const body = this.#ledger.receive(number, buffer, start, end)
    const request = this.#nextRequest(connection, body, room, buffer, start, end)
    if (request !== undefined) connection.again = request
    if (body.seqs.length > 0) return connection.request(connection.again)
    this.empty++
    this.#later(connection)
  }

  #nextRequest(connection, body, room, buffer, start, end) {
    if (!this.#dialect.placeIsInBody || this.#rooms > 1) {
      const place = this.#dialect.nextPlace(connection, buffer, start, end)
      return place && this.#dialect.wait(room, place)
    }
    body.request ??= this.#dialect.wait(room, this.#dialect.nextPlace(connection, buffer, start, end))
    return body.request
  }

  #later(connection) {
    sleep(PAUSE_MS).then(() => this.#ended || connection.request(connection.again))
  }

  #fail(reason) {
    this.errors++
    this.lastError = reason
  }
}

/** Asks once, on a connection of its own. */
export function firstAnswer({ port, run }, request, read) {
  return new Promise((resolve, reject) => {
    const connection = new Connection(
      { port, localAddress: sourceAddress(run, 30_000) },
      {
        onReady: () => connection.request(request),
        onAnswer: (one, buffer, start, end) => {
          resolve(read(one, buffer, start, end))
          connection.end()
        },
        onLost: (reason) => reject(new Error(reason)),
      },
    )
  })
}
