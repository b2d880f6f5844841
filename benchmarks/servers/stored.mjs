/**
 * Databases with many messages, made once a run and copied for each measurement: by poll-chat's own engine for the
 * server, and by bare SQLite for what it is compared with.
 */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { constants, copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeFolder } from './process.mjs'

const SQLITE = fileURLToPath(new URL('../load/sqlite-insert.mjs', import.meta.url))
const IN_ONE_TURN = 5_000

const made = new Map()

/** Puts a database of poll-chat with this many messages in the room `bench` into the data folder. */
export async function storeForPollChat(data, stored) {
  await storeForLog(join(data, 'poll-chat.db'), stored)
}

/** The same, at this path. */
export async function storeForLog(path, stored) {
  copy(await once(`poll-chat ${stored}`, (file) => fillPollChat(file, stored)), path)
}

/** The same rows in a bare SQLite database at this path. */
export async function storeForSqlite(path, stored) {
  copy(
    await once(`sqlite ${stored}`, (file) => execFileSync(process.execPath, [SQLITE, 'fill', file, String(stored)])),
    path,
  )
}

async function once(key, fill) {
  if (!made.has(key)) {
    const file = join(makeFolder(), 'filled.db')
    await fill(file)
    made.set(key, file)
  }
  return made.get(key)
}

/** With its write-ahead log, should closing have left one. */
function copy(from, to) {
  for (const suffix of ['', '-wal'])
    if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix, constants.COPYFILE_FICLONE)
}

async function fillPollChat(file, stored) {
  const { openEngine } = await import('../../packages/server/dist/engines/open.js')
  const { log } = await openEngine(`sqlite:${file}`)
  const from = { uid: 'anonymous', verified: false }
  for (let i = 0; i < stored; i += IN_ONE_TURN) {
    const texts = Array.from({ length: Math.min(IN_ONE_TURN, stored - i) }, (_, at) => textOf(i + at + 1))
    await Promise.all(texts.map((text) => log.append({ room: 'bench', id: randomUUID(), from, text })))
  }
  await log.close()
}

function textOf(number) {
  return `message ${number} `.padEnd(64, 'abcdefghijklmnopqrstuvwxyz')
}
