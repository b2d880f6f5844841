import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { createClient } from '@poll-chat/client'
import { storeForPollChat } from '../../benchmarks/servers/stored.mjs'
import { BIN } from '../../packages/cli/test/command.ts'
import { Folder } from '../../packages/cli/test/e2e/fixture/folder.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { wholeLog } from '../../packages/cli/test/e2e/fixture/whole-log.ts'
import { writeWithClient, writeWithScript } from '../../packages/cli/test/e2e/fixture/writer.ts'
import { quantile } from '../parts/figures.mjs'
import { compareLog, judgeLog } from '../parts/ledger.mjs'

export const title = 'copies of the log made under load: each is whole, and each fifth is served'
export const options = { rounds: 20, stored: 200_000 }

const run = promisify(execFile)
const ROOM = 'lobby'
const SERVED_EVERY = 5
const PACE = { pauseMs: 5 }

export async function prove(figures, { rounds, stored }) {
  const server = await ServerProcess.prepare()
  const folder = new Folder()
  const copies = []
  const spans = { during: [], without: [] }
  let [missing, served, differing] = [0, 0, 0]
  try {
    mkdirSync(server.dataFolder, { mode: 0o700 })
    await storeForPollChat(server.dataFolder, stored)
    await server.start()
    const writers = [
      ...['ada', 'bob', 'cyd'].map((uid) => writeWithClient(server.url, ROOM, uid, PACE)),
      ...['dee', 'eve', 'fay', 'gus', 'hal'].map((uid) => writeWithScript(server.url, ROOM, uid, PACE)),
    ]
    for (let round = 1; round <= rounds; round++) {
      const file = join(folder.path, 'copy.db')
      const before = writers.flatMap(({ acknowledged }) => acknowledged)
      const span = await spanOf(() => backup(server, folder, file))
      spans.during.push(span)
      const copy = read(file)
      copies.push(copy)
      missing += compareLog(copy.messages, before).lost + stored - copy.stored
      if (round % SERVED_EVERY === 0) {
        served++
        if (!(await servesTheSame(file, copy.messages))) differing++
      }
      spans.without.push(await spanOf(() => pause(span.to - span.from)))
    }
    await Promise.all(writers.map((writer) => writer.stop()))

    const log = await wholeLog(createClient({ url: server.url }), ROOM)
    const sum = (countOf) => copies.reduce((total, copy) => total + countOf(copy), 0)
    figures.note('messages stored before', stored)
    figures.note('copies', rounds)
    judgeLog(
      figures,
      log,
      writers.flatMap(({ acknowledged }) => acknowledged),
    )
    figures.atLeast('of these, the last copy has', copies.at(-1).messages.length, 1)
    figures.exactly(
      'copies that are damaged',
      sum(({ verdict }) => Number(verdict !== 'ok')),
      0,
    )
    figures.exactly('acknowledged before a copy was asked for, and not in it', missing, 0)
    figures.exactly(
      'in a copy, and not the same in the log',
      sum(({ messages }) => compareLog(log, messages).lost),
      0,
    )
    figures.exactly(
      'copies with a gap',
      sum(({ messages }) => Number(messages.length !== messages.at(-1)?.index)),
      0,
    )
    figures.note('copies that a second server served', served)
    figures.exactly('of these, other messages or another next index', differing, 0)
    figures.note('a copy took, slowest', quantile(spans.during.map(lengthOf), 1), 'ms')
    const times = writers.flatMap((writer) => writer.times)
    for (const [name, of] of [
      ['while a copy was made', spans.during],
      ['while none was', spans.without],
    ]) {
      // What is under way at the end of one is held up by this process, which reads the copy.
      const took = times.filter(({ from, to }) => of.some((span) => span.from <= from && to <= span.to)).map(lengthOf)
      figures.note(`sends ${name}, 99 of 100`, quantile(took, 0.99), 'ms')
      figures.note(`sends ${name}, slowest`, quantile(took, 1), 'ms')
    }
  } finally {
    await server.dispose()
    folder.remove()
  }
}

/** The command, as its users start it. */
async function backup(server, folder, file) {
  const args = [BIN, 'backup', file, '--force', '--server', server.url, '--data', server.dataFolder]
  await run(process.execPath, args, { env: folder.env(), timeout: 60_000 })
}

/** What SQLite says of a copy, and what is in it. */
function read(file) {
  const database = new DatabaseSync(new URL('?immutable=1', pathToFileURL(file)), { readOnly: true })
  const verdict = database.prepare('PRAGMA integrity_check').get().integrity_check
  const inRooms = 'FROM messages JOIN rooms ON rooms.id = messages.room WHERE rooms.name'
  const rows = database.prepare(`SELECT idx, messages.id, uid, text ${inRooms} = ? ORDER BY idx`).all(ROOM)
  const { stored } = database.prepare(`SELECT count(*) AS stored ${inRooms} <> ?`).get(ROOM)
  database.close()
  return { verdict, stored, messages: rows.map(({ idx, id, uid, text }) => ({ index: idx, id, text, from: { uid } })) }
}

/** A server of its own has what is in the copy, and goes on behind it. */
async function servesTheSame(file, messages) {
  const server = await ServerProcess.prepare()
  try {
    mkdirSync(server.dataFolder, { mode: 0o700 })
    copyFileSync(file, server.databasePath)
    await server.start()
    const client = createClient({ url: server.url, uid: 'ivy' })
    const shown = await wholeLog(client, ROOM)
    const { message } = await client.send('and on', { room: ROOM })
    const isSame = shown.length === messages.length && compareLog(shown, messages).lost === 0
    return isSame && message.index === messages.length + 1
  } finally {
    await server.dispose()
  }
}

async function spanOf(work) {
  const from = performance.now()
  await work()
  return { from, to: performance.now() }
}

function lengthOf({ from, to }) {
  return to - from
}
