import { join } from 'node:path'
import { expect, it } from 'vitest'
import { appendAll, draft, numbered } from '../drafts.ts'
import { openForTest } from '../engines.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { answersIn, get, laneServer, until, wholeAnswers } from './lane-server.ts'

const ONWARDS = 'Accept-Charset: utf-8\r\nX-Empty:' // which the lane does not read

it('a newer poll ends the older at once, whichever of them is in the lane', async () => {
  const { log, hub, connect, handedOn } = await laneServer()
  for (const path of ['/v1/rooms/lobby/inbox?uid=alice&wait=55', '/get/message?uid=alice']) {
    for (const [older, newer] of [
      [get(path), get(path)],
      [get(path), get(path, ONWARDS)],
      [get(path, ONWARDS), get(path)],
    ] as const) {
      const left = handedOn()
      const one = await connect()
      const two = await connect()
      one.socket.write(older)
      await until(() => hub.waiting === 1)
      two.socket.write(newer)
      await until(() => wholeAnswers(one.answer()).length === 1)
      expect(JSON.parse(answersIn(one.answer())[0]?.body ?? '')).toMatchObject({ superseded: true })
      await until(() => hub.waiting === 1)
      const { message } = await log.append(draft('lobby', 'x'))
      await until(() => wholeAnswers(two.answer()).length === 1)
      expect(answersIn(two.answer())[0]?.body).toContain(message.id)
      expect(answersIn(two.answer())[0]?.body).not.toContain('superseded')
      expect(handedOn() - left).toBe([older, newer].filter((request) => request.includes('X-Empty')).length)
      // So that the next poll hangs again.
      const last = await connect()
      last.socket.write(get(`/v1/rooms/lobby/inbox?uid=alice&ack=${message.index}`))
      await until(() => wholeAnswers(last.answer()).length === 1)
    }
  }
})

it('the place of a classic poll moves when its answer has gone to an open socket, and not before', async () => {
  const { log, store, url, hub, lane, connect } = await laneServer()
  const place = async () => Number.parseInt((await store.get('inbox/lobby/alice'))?.value ?? '', 10)
  await fetch(`${url}/lang/?uid=alice`)
  for (let round = 1; round <= 3; round++) {
    for (let attempt = 0; attempt < 3; attempt++) {
      const gone = await connect()
      gone.get('/get/message?uid=alice')
      await until(() => hub.waiting === 1)
      gone.socket.resetAndDestroy()
      await until(() => hub.waiting === 0)
    }
    const cut = await connect()
    cut.get('/get/message?uid=alice')
    await until(() => hub.waiting === 1)
    const appended = log.append(draft('lobby', `${round}`))
    lane.closeAll()
    await appended
    await until(() => lane.connections === 0)
    expect([cut.answer(), await place()]).toEqual(['', round - 1])
    const there = await connect()
    there.get('/get/message?uid=alice')
    await until(() => there.answer().includes(`"data":"${round}"`))
    await until(async () => (await place()) === round)
  }
})

for (const [way, headers] of [
  ['in the lane', []],
  ['by node:http', [ONWARDS]],
] as const) {
  it(`a classic reader on disk that asks on at once has every message once, ${way}`, async () => {
    const engine = await openForTest(`sqlite:${join(temporaryFolder(), 'chat.db')}`)
    const { log, url, connect } = await laneServer(engine)
    await fetch(`${url}/lang/?uid=alice`)
    await appendAll(log, 'lobby', numbered(100))
    const { socket, answer } = await connect()
    const texts: string[] = []
    while (texts.at(-1) !== 't100') {
      const before = answer().length
      const answered = new Promise<void>((resolve) => {
        socket.on('data', function check() {
          if (wholeAnswers(answer().slice(before)).length === 0) return
          socket.off('data', check)
          resolve()
        })
      })
      socket.write(get('/get/message?uid=alice', ...headers))
      await answered
      texts.push(JSON.parse(answersIn(answer().slice(before))[0]?.body ?? '').data)
    }
    expect(texts).toEqual(numbered(100))
  })
}
