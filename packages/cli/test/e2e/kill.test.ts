/** Nothing acknowledged is lost and nothing repeated is doubled when the server is killed at any moment. */
import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { afterEach, expect, test, vi } from 'vitest'
import { seeded } from './fixture/random.ts'
import { Reader, WAYS } from './fixture/reader.ts'
import { ServerProcess } from './fixture/server-process.ts'
import { wholeLog } from './fixture/whole-log.ts'
import { writeWithClient, writeWithScript } from './fixture/writer.ts'

const ROUNDS = 50

/** A server lives this long at most after it has started, in milliseconds. */
const LONGEST_LIFE_MS = 250

let server: ServerProcess | undefined

afterEach(async () => {
  vi.restoreAllMocks()
  await server?.dispose()
})

test(`${ROUNDS} kills under writers: every message is there once, and every reader saw it once`, {
  timeout: 180_000,
}, async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0.05) // clients come back at once instead of spread out, for more collisions
  const random = seeded(20_261_122)
  const room = 'lobby'
  server = await ServerProcess.start()
  const { url } = server
  const readers = WAYS.map((way) => new Reader(url, room, way))
  const writers = [
    ...['ada', 'bob', 'cyd'].map((uid) => writeWithClient(url, room, uid)),
    ...['dee', 'eve', 'fay', 'gus', 'hal'].map((uid) => writeWithScript(url, room, uid)),
  ]

  for (let round = 1; round <= ROUNDS; round++) {
    await pause(random.below(LONGEST_LIFE_MS))
    await server.kill()
    if (round % 5 === 0) await server.killWhileStarting(random.below(LONGEST_LIFE_MS))
    await server.start()
  }
  await Promise.all(writers.map((writer) => writer.stop()))

  const client = createClient({ url })
  const log = await wholeLog(client, room)
  const byAcknowledgement = writers.flatMap(({ acknowledged }) => acknowledged).sort((a, b) => a.index - b.index)
  expect(log).toEqual(byAcknowledgement)
  expect(log.map(({ index }) => index)).toEqual(log.map((_, i) => i + 1))
  expect(new Set(log.map(({ id }) => id)).size).toBe(log.length)
  for (const { acknowledged } of writers) {
    const uid = acknowledged[0]?.from.uid
    expect(acknowledged.map(({ text }) => text)).toEqual(acknowledged.map((_, i) => `${uid} ${i + 1}`))
    expect(log.filter(({ from }) => from.uid === uid)).toEqual(acknowledged)
  }

  for (const reader of readers) {
    await reader.untilSeen(log.length)
    await reader.close()
    expect(reader.messages, reader.way).toEqual(log)
    expect(reader.resets, reader.way).toEqual([])
    expect(reader.lost, reader.way).toBeGreaterThan(5)
  }

  // Had no send been cut off, or none after it was stored, this would have shown nothing.
  const total = (count: 'repeated' | 'replayed') => writers.reduce((sum, writer) => sum + writer[count], 0)
  expect(total('repeated')).toBeGreaterThan(ROUNDS)
  expect(total('replayed')).toBeGreaterThan(0)

  // However late a send is repeated, it is the same message.
  for (const { id, from, text, index } of log.filter(() => random.below(log.length) < 50)) {
    const again = await createClient({ url, uid: from.uid }).send(text, { room, id })
    expect(again.message).toMatchObject({ id, index })
  }
  expect(await wholeLog(client, room)).toHaveLength(log.length)
})
