import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { createUndiciFetch } from '@poll-chat/client/undici'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { NETWORKS } from '../networks/networks.mjs'
import { quantile } from '../parts/figures.mjs'

export const title = 'two people chat through every kind of network, by every way'
export const options = { messages: 500, together: 3 }
export const page = 'reach.md'

const MODES = ['auto', 'long', 'poll', 'sse', 'ws']

/** These must be complete in every network; what streams do in one that does not pass them is only noted. */
const ALWAYS = ['auto', 'long', 'poll']

/** Silences between bursts, in milliseconds: longer than what cuts and forgets. */
const SILENCES = [8_000, 33_000, 8_000, 33_000]

/** How long the last line may take, in milliseconds. */
const PATIENCE_MS = 150_000

export async function prove(figures, { messages, together }) {
  const waiting = Object.keys(NETWORKS)
  const rows = new Map()
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      rows.set(name, await throughNetwork(name, messages))
      console.log(`  ${name}: ${MODES.map((mode, i) => `${mode} ${cell(rows.get(name)[i])}`).join(', ')}`)
    }
  }
  await Promise.all(Array.from({ length: together }, work))
  for (const name of Object.keys(NETWORKS)) {
    const faults = rows
      .get(name)
      .filter(({ mode }) => ALWAYS.includes(mode))
      .map(({ lost, twice, disordered }) => lost + twice + disordered)
    figures.exactly(`${name}: lost, doubled or out of order by ${ALWAYS.join(', ')}`, sum(faults), 0)
  }
  figures.prose = matrix(rows)
}

async function throughNetwork(name, messages) {
  const server = await ServerProcess.start({ args: ['--log-level', 'error'] })
  const network = await NETWORKS[name].open(server.port)
  try {
    return await Promise.all(MODES.map((mode) => chat(network.url, mode, messages)))
  } finally {
    await network.close()
    await server.dispose()
  }
}

/** Two people in a room of their own, both by one mode, each saying so many things. */
async function chat(url, mode, messages) {
  const people = ['ada', 'bob'].map((uid) => new Person(url, mode, uid))
  const sizes = Array.from({ length: SILENCES.length + 1 }, (_, i) => share(messages, SILENCES.length + 1, i))
  for (const [i, size] of sizes.entries()) {
    await Promise.all(people.map((person) => person.say(size)))
    await pause(SILENCES[i] ?? 0)
  }
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await pause(100)) {
    if (people.every((person) => person.seen.length >= 2 * messages)) break
  }
  const results = await Promise.all(people.map((person) => person.leave()))
  const delays = people.flatMap((person) => person.delays)
  return {
    mode,
    lost: sum(results.map((seen) => Math.max(0, 2 * messages - new Set(seen.map(({ id }) => id)).size))),
    twice: sum(results.map((seen) => seen.length - new Set(seen.map(({ id }) => id)).size)),
    disordered: sum(results.map((seen) => seen.filter(({ index }, i) => i > 0 && index <= seen[i - 1].index).length)),
    p50: quantile(delays, 0.5),
    p95: quantile(delays, 0.95),
    chosen: new Set(people.map((person) => person.chosen)),
    said: sum(people.map((person) => person.said)),
  }
}

class Person {
  seen = []
  delays = []
  said = 0
  chosen = ''
  #uid
  #room
  #client
  #fetch = createUndiciFetch()
  #over = new AbortController()
  #following

  constructor(url, mode, uid) {
    this.#uid = uid
    this.#room = mode
    this.#client = createClient({ url, uid, fetch: this.#fetch })
    this.#following = this.#follow(mode)
  }

  /** One thing after another, each when the one before is stored. */
  async say(count) {
    for (let i = 0; i < count; i++) {
      const id = crypto.randomUUID()
      Person.sentAt.set(id, performance.now())
      await this.#client.send(`${this.#uid} ${++this.said}`, { room: this.#room, id, timeoutMs: 120_000 })
      await pause(20)
    }
  }

  async leave() {
    this.#over.abort()
    await this.#following.catch((error) => console.error(`  ${this.#room}: ${error.message}`))
    await this.#fetch.close()
    return this.seen
  }

  async #follow(mode) {
    const options = { mode, after: '0', signal: this.#over.signal }
    for await (const event of this.#client.follow(this.#room, options)) {
      if (event.type === 'status' && event.status.chosen) this.chosen = event.status.chosen.way
      if (event.type !== 'batch') continue
      for (const message of event.batch.messages) {
        this.seen.push(message)
        if (message.from.uid !== this.#uid) this.delays.push(performance.now() - Person.sentAt.get(message.id))
      }
    }
  }

  /** When each was sent, of all people. */
  static sentAt = new Map()
}

/** For people: what is in every row, with the delay from sending to seeing. */
function matrix(rows) {
  const head = `| network | ${MODES.map((mode) => `\`${mode}\``).join(' | ')} |\n|---|${MODES.map(() => '---').join('|')}|`
  const body = [...rows].map(
    ([name, cells]) => `| **${name}**: ${NETWORKS[name].what} | ${cells.map(cell).join(' | ')} |`,
  )
  return `${head}\n${body.join('\n')}\n`
}

function cell({ lost, twice, disordered, p50, p95, mode, chosen }) {
  const faults = lost + twice + disordered
  const how = mode === 'auto' ? `${[...chosen].join('/')} ` : ''
  return faults === 0
    ? `${how}${time(p50)} (${time(p95)})`
    : `${lost} lost${twice + disordered > 0 ? `, ${twice + disordered} wrong` : ''}`
}

function time(ms) {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}

function share(total, parts, i) {
  return Math.floor((total * (i + 1)) / parts) - Math.floor((total * i) / parts)
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}
