import { expect, onTestFinished, test } from 'vitest'
import { startServer } from '../../src/server.ts'
import { type RawAnswer, RawConnection } from './raw-http.ts'

/** What may stand where the cursor of the poll before stood: cursors, and what is none, or more than one. */
const CURSORS = [
  '1',
  '2~00000000',
  '0',
  '01',
  '1~0000000g',
  '',
  '%31',
  '1&after=2',
  '1&limit=1',
  '1.5',
  '999999999999999',
]

const HEADS = [
  (cursor: string) => `GET /v1/rooms/lobby/messages?after=${cursor} HTTP/1.1`,
  (cursor: string) => `GET /v1/rooms/lobby/messages?limit=2&after=${cursor}&wait=0 HTTP/1.1`,
  (cursor: string) => `GET /v1/rooms/lobby/messages?uid=after=&after=${cursor} HTTP/1.1`,
]

/** Of one length, so that nothing but their content tells them apart. */
const [KEY, OTHER_KEY] = ['of-the-room', 'of-no-room-']

test('a poll that is like the one before it but for its cursor is answered as by the routes', async () => {
  const [inLane, plain] = await Promise.all([open({ lane: true }), open({ lane: false })])
  let number = 0
  for (const head of HEADS) {
    for (const cursor of CURSORS) {
      number++ // in a header, so that none of these heads is known from before
      for (const [line, key] of [
        [head('0'), KEY],
        [head(cursor), KEY],
        [head('1'), KEY],
        [head('1').replace('lobby', 'empty'), KEY],
        [head('2'), KEY],
        [head('1'), OTHER_KEY],
      ]) {
        const text = `${line}\r\nHost: localhost\r\nPoll-Chat-Room-Key: ${key}\r\nNumber: ${number}\r\n\r\n`
        const [one, other] = await Promise.all([inLane, plain].map((server) => server.ask(text, { hasBody: true })))
        expect(statusAndBody(one), text).toEqual(statusAndBody(other))
        inLane.close() // what the lane hands on once is never its again
      }
    }
  }
})

async function open({ lane }: { lane: boolean }): Promise<RawConnection> {
  const server = await startServer({ host: '127.0.0.1', port: 0, engine: 'memory:', logLevel: 'silent', lane })
  onTestFinished(() => server.close())
  for (const id of ['m-1', 'm-2', 'm-3']) {
    const headers = { 'Content-Type': 'application/json', 'Poll-Chat-Room-Key': KEY }
    const body = JSON.stringify({ id, text: id })
    await fetch(`${server.url}/v1/rooms/lobby/messages`, { method: 'POST', headers, body })
  }
  return new RawConnection(Number(new URL(server.url).port))
}

function statusAndBody(answer: RawAnswer | undefined) {
  if (answer === undefined || answer === 'closed') return answer
  return { status: answer.status, body: answer.body.replace(/"at":"[^"]*"/g, '"at"') }
}
