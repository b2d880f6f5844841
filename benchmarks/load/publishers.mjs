/** Connections that send messages: back to back, or one when told to. One request at a time on each. */
import { Connection, sourceAddress } from './connection.mjs'

export class Publishers {
  errors = 0
  acknowledged = 0
  lastError
  #idle = []
  #all = []
  #due = []
  #backToBack = false
  #reopened = 0
  #job
  #ledger
  #onAcknowledged

  constructor(job, { dialect, ledger, onAcknowledged }) {
    this.#job = job
    this.dialect = dialect
    this.#ledger = ledger
    this.#onAcknowledged = onAcknowledged
  }

  async open(count) {
    for (let i = 0; i < count; i++) {
      const publisher = { connection: undefined, seq: undefined, sentAt: 0 }
      this.#all.push(publisher)
      await this.#connect(publisher)
      this.#idle.push(publisher)
    }
  }

  #connect(publisher) {
    const { port, run } = this.#job
    return new Promise((resolve) => {
      publisher.connection = new Connection(
        { port, localAddress: sourceAddress(run, 30_000) },
        {
          onReady: resolve,
          onAnswer: ({ status }) => this.#answered(publisher, status),
          onLost: (reason) => resolve(this.#lost(publisher, reason)),
        },
      )
    })
  }

  /** Sends one message to the room, or as soon as a connection is free. */
  publish(room) {
    const publisher = this.#idle.pop()
    if (publisher === undefined) this.#due.push(room)
    else this.#write(publisher, room)
  }

  start(roomOf = () => this.#job.room) {
    this.#backToBack = true
    for (const publisher of this.#idle.splice(0)) this.#write(publisher, roomOf())
  }

  stop() {
    this.#backToBack = false
  }

  get isIdle() {
    return this.#idle.length === this.#all.length
  }

  end() {
    for (const { connection } of this.#all) connection.end()
  }

  #write(publisher, room) {
    this.#ledger.send((text, seq) => {
      publisher.seq = seq
      publisher.sentAt = performance.now()
      publisher.connection.request(this.dialect.publish(room, text))
    })
  }

  /** Servers close connections on which nothing was asked for a while, and may say so (408): no fault when nothing was under way. */
  #lost(publisher, reason) {
    if (publisher.seq !== undefined || this.#reopened++ > 100) return this.#fail(reason)
    return this.#connect(publisher)
  }

  #answered(publisher, status) {
    if (publisher.seq === undefined) return
    if (status >= 200 && status < 300) {
      this.acknowledged++
      this.#ledger.acknowledge(publisher.seq)
      this.#onAcknowledged?.(performance.now() - publisher.sentAt)
    } else this.#fail(`a send was answered with ${status}`)
    publisher.seq = undefined
    if (this.#backToBack && !this.#ledger.isFull) this.#write(publisher, this.#job.room)
    else if (this.#due.length > 0) this.#write(publisher, this.#due.shift())
    else this.#idle.push(publisher)
  }

  #fail(reason) {
    this.errors++
    this.lastError = reason
  }
}
