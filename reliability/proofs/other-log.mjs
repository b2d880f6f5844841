import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { BIN } from '../../packages/cli/test/command.ts'
import { Person } from '../../packages/cli/test/e2e/fixture/people.ts'
import { Reader, WAYS } from '../../packages/cli/test/e2e/fixture/reader.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { wholeLog } from '../../packages/cli/test/e2e/fixture/whole-log.ts'
import { compareShown } from '../parts/ledger.mjs'
import { comeBackAtOnce } from '../parts/pace.mjs'

export const title = 'the log wiped, restored from an older copy, or cut short: every client notices and says so'
export const options = { messages: 60 }

const ROOM = 'lobby'
const SAID = /is another one now|lost its log, or went back to an older copy/

export async function prove(figures, { messages }) {
  comeBackAtOnce()
  for (const [kind, exchange] of Object.entries(EXCHANGES)) await proveOne(figures, messages, kind, exchange)
}

/** What is done to the data folder while the server is stopped; `copy` is one of an earlier time. */
const EXCHANGES = {
  wiped: (server) => rmSync(server.dataFolder, { recursive: true }),
  restored(server, copy) {
    rmSync(server.dataFolder, { recursive: true })
    cpSync(copy, server.dataFolder, { recursive: true })
  },
  'cut short'(server) {
    const database = new DatabaseSync(server.databasePath)
    database.exec('DELETE FROM messages WHERE idx > 10; UPDATE rooms SET head = 10')
    database.close()
  },
}

async function proveOne(figures, messages, kind, exchange) {
  const server = await ServerProcess.start()
  const copy = `${server.dataFolder}-copy`
  const ada = createClient({ url: server.url, uid: 'ada' })
  const send = async (from, to) => {
    for (let number = from; number < to; number++) await ada.send(`${kind} ${number}`, { room: ROOM })
  }
  const restart = async (meanwhile) => {
    server.signal('SIGTERM')
    await server.ended
    meanwhile()
    mkdirSync(server.dataFolder, { recursive: true, mode: 0o700 })
    await server.start()
  }
  let tail
  const people = []
  try {
    await send(0, Math.floor(messages / 2))
    await restart(() => cpSync(server.dataFolder, copy, { recursive: true }))
    const readers = WAYS.map((way) => new Reader(server.url, ROOM, way))
    tail = new Tail(server.url)
    for (const mode of ['long', 'poll']) {
      const args = ['join', server.url, '--mode', mode, '--interval', '200']
      people.push(new Person(`uid-${mode}`, args, { columns: 100 }))
    }
    await Promise.all(people.map((person) => person.joined()))
    await send(Math.floor(messages / 2), messages)
    await Promise.all(readers.map((reader) => reader.untilSeen(messages)))
    await tail.until(`${kind} ${messages - 1}`)
    await Promise.all(people.map(({ terminal }) => terminal.until(`${kind} ${messages - 1}`)))

    await restart(() => exchange(server, copy))
    // On a screen the notice is seen until what is said next moves it away.
    let silent = 0
    for (const { terminal } of people) await terminal.until(SAID).catch(() => silent++)
    // More than there were: by their index alone, nobody could tell this log from the one before.
    await send(messages, messages * 3)
    const last = `${kind} ${messages * 3 - 1}`
    const log = await wholeLog(ada, ROOM)
    await tail.until(last)
    for (const { terminal } of people) await terminal.until(last)
    let lost = 0
    let twice = 0
    for (const reader of readers) {
      for (const endsAt = performance.now() + 30_000; performance.now() < endsAt; await pause(20))
        if (reader.messages.at(-1)?.text === last) break
      await reader.close()
      const shown = compareShown(log, reader.messages)
      if (reader.resets.length === 0) silent++
      lost += shown.lost
      twice += shown.twice
    }
    if (!SAID.test(tail.stderr)) silent++
    const printed = new Set(tail.texts())
    figures.note(`${kind}: clients`, readers.length + people.length + 1)
    figures.exactly(`${kind}: clients that said nothing`, silent, 0)
    figures.exactly(`${kind}: messages of the new log not shown`, lost, 0)
    figures.exactly(`${kind}: messages shown twice`, twice, 0)
    figures.exactly(`${kind}: not printed by tail --json`, log.filter(({ text }) => !printed.has(text)).length, 0)
    figures.exactly(`${kind}: printed twice by it`, tail.texts().length - printed.size, 0)
  } finally {
    await Promise.all(people.map((person) => person.dispose()))
    tail?.end()
    await server.dispose()
  }
}

/** `poll-chat tail --json` from the beginning on. */
class Tail {
  stdout = ''
  stderr = ''
  #child

  constructor(url) {
    const args = [BIN, 'tail', '--json', '-n', '1000', '--room', ROOM, '--server', url]
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of ['stdout', 'stderr'])
      this.#child[stream].setEncoding('utf8').on('data', (text) => {
        this[stream] += text
      })
  }

  texts() {
    return this.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).text)
  }

  async until(text) {
    for (const endsAt = performance.now() + 30_000; performance.now() < endsAt; await pause(20))
      if (this.stdout.includes(`"${text}"`)) return
    throw new Error(`tail did not print ${text}.`)
  }

  end() {
    this.#child.kill('SIGKILL')
  }
}
