/** Damage to a database file, wherever it is: said in one sentence or an error of the read, and never written over. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChatError, type Message } from '@poll-chat/protocol'
import { describe, expect, it } from 'vitest'
import { openEngine } from '../../src/engines/open.ts'
import type { Log } from '../../src/log/contract.ts'
import { StartError } from '../../src/log/start-error.ts'
import { appendAll } from '../drafts.ts'
import { openForTest } from '../engines.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const PAGE_BYTES = 4096

const DAMAGE: Record<string, (whole: Buffer, at: number) => Buffer> = {
  'a byte is another': (whole, at) => changed(whole, at, 1, (byte) => byte ^ 0xff),
  'a page is empty': (whole, at) => changed(whole, at - (at % PAGE_BYTES), PAGE_BYTES, () => 0),
  'a page is noise': (whole, at) => changed(whole, at - (at % PAGE_BYTES), PAGE_BYTES, (_, i) => (i * 167) & 0xff),
  'the end is missing': (whole, at) => whole.subarray(0, at),
}

describe.each(Object.keys(DAMAGE))('where %s', (kind) => {
  it('the server does not start, or reads what is whole; nothing is written', async () => {
    const { bytes, messages } = await wholeLog()
    let noticed = 0
    const folder = temporaryFolder()
    for (const at of placesIn(bytes)) {
      const damaged = DAMAGE[kind]?.(bytes, at) ?? bytes
      mkdirSync(join(folder, `${at}`))
      const path = join(folder, `${at}`, 'poll-chat.db')
      writeFileSync(path, damaged)
      const engine = await openEngine(`sqlite:${path}`).catch((error: unknown) => error)
      if (engine instanceof Error) {
        expect(engine, `${at}`).toBeInstanceOf(StartError)
        expect(engine.message).toMatch(/^[^\n]*poll-chat\.db[^\n]*\.$/)
        noticed++
      } else if (isEngine(engine)) {
        const read = await readAll(engine.log)
        if (read instanceof Error) {
          expect(read, `${at}`).toMatchObject({ code: 'log-unavailable' })
          noticed++
        } else {
          expect(read.map(({ index }) => index)).toEqual(messages.map(({ index }) => index))
        }
        await engine.log.close()
      }
      expect(readFileSync(path).equals(damaged), `written over: ${kind} at ${at}`).toBe(true)
    }
    expect(noticed).toBeGreaterThan(5)
  })
})

function changed(whole: Buffer, from: number, length: number, change: (byte: number, place: number) => number): Buffer {
  const copy = Buffer.from(whole)
  for (let i = 0; i < length && from + i < copy.length; i++) copy[from + i] = change(copy[from + i] ?? 0, i)
  return copy
}

/** The first bytes of every page, where its structure is, and some of the header's. */
function placesIn(bytes: Buffer): number[] {
  const pages = Array.from({ length: Math.floor(bytes.length / PAGE_BYTES) }, (_, page) => page)
  const some = pages.filter((page) => page > 0 && (page < 6 || page % 9 === 0))
  return [1, 16, 28, 32, 44, 60, 68, 100, 103, 108, ...some.map((page) => page * PAGE_BYTES + (page % 12))]
}

function isEngine(value: unknown): value is { log: Log } {
  return typeof value === 'object' && value !== null && 'log' in value
}

async function wholeLog(): Promise<{ bytes: Buffer; messages: Message[] }> {
  const path = join(temporaryFolder(), 'poll-chat.db')
  const { log } = await openForTest(`sqlite:${path}`)
  const messages = await appendAll(
    log,
    'lobby',
    Array.from({ length: 60 }, (_, i) => `${i} `.repeat(500)),
  )
  await log.close()
  return { bytes: readFileSync(path), messages }
}

/** Everything in the room, or the first error. */
async function readAll(log: Log): Promise<readonly Message[] | Error> {
  try {
    await log.rooms(10)
    return (await log.page('lobby', 500)).messages
  } catch (error) {
    return error instanceof ChatError ? error : new Error('not a ChatError', { cause: error })
  }
}
