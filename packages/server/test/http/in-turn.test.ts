/** Requests that are pipelined past the lane. */
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { answersIn, get, until, wholeAnswers } from '../lane/lane-server.ts'
import { connection, serving } from '../sockets/serving.ts'

const PATH = '/v1/rooms/lobby/messages'

/** Each of its characters has six in JSON: as large an answer as a batch can be. */
const HEAVY = '\u0001'.repeat(16_000)

/** A send that the lane does not read. */
function chunked(text: string): string {
  return get(PATH, 'Content-Type: text/plain', 'Transfer-Encoding: chunked')
    .replace('GET', 'POST')
    .concat(`${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`)
}

it('each sees what the one before it did, and the answers come in order', async () => {
  const { url } = await serving()
  const { socket, answer } = await connection(url)
  const texts = Array.from({ length: 20 }, (_, i) => `text ${i + 1}`)
  socket.write(texts.map((text) => chunked(text) + get(`${PATH}?after=0`)).join(''))
  await until(() => wholeAnswers(answer()).length === 2 * texts.length)
  const answers = answersIn(answer()).map(({ body }) => JSON.parse(body))
  for (const [place] of texts.entries()) {
    expect(answers[2 * place]).toMatchObject({ message: { text: texts[place] } })
    expect(answers[2 * place + 1]?.messages.map(({ text }: { text: string }) => text)).toEqual(
      texts.slice(0, place + 1),
    )
  }
})

it('of many answers to one who does not read only a few are made; all are there when they are read', async () => {
  const { url, ask } = await serving()
  for (let message = 0; message < 20; message++) await ask(PATH, { method: 'POST', body: `${message}${HEAVY}` })
  const reads = async () => Number(/^poll_chat_reads_total (\d+)/m.exec(await (await ask('/metrics')).text())?.[1])
  const count = 60
  const socket = connect(Number(new URL(url).port), '127.0.0.1').pause()
  onTestFinished(() => void socket.destroy())
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk)).pause()
  socket.write(get(`${PATH}?after=0&limit=500`).repeat(count) + get('/healthz', 'Connection: close'))
  await until(async () => (await reads()) > 0)
  let before: number
  do {
    before = await reads()
    await new Promise((resolve) => setTimeout(resolve, 100))
  } while ((await reads()) > before)
  expect(before).toBeLessThan(count / 2)
  socket.resume()
  await new Promise((resolve) => socket.once('end', resolve))
  const answers = answersIn(Buffer.concat(chunks).toString())
  expect(answers.at(-1)?.body).toBe('ok\n')
  expect(answers.slice(0, -1).map(({ body }) => JSON.parse(body).messages.length)).toEqual(Array(count).fill(8))
}, 30_000)

it('a client that leaves takes what waits behind its poll along', async () => {
  const { url, ask } = await serving()
  const { socket, answer } = await connection(url)
  await ask(PATH, { method: 'POST', body: 'first' })
  socket.write(get(`${PATH}?after=1&wait=1`) + get(`${PATH}?after=0`).repeat(3) + chunked('too late'))
  await until(async () => /^poll_chat_waiters 1$/m.test(await (await ask('/metrics')).text()))
  socket.destroy()
  await until(async () => /^poll_chat_waiters 0$/m.test(await (await ask('/metrics')).text()))
  expect(answer()).toBe('')
  expect(await (await ask(`${PATH}?after=0`)).json()).toMatchObject({ messages: [{ text: 'first' }] })
})
