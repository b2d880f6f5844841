/** What is on its way when a server closes. The lane has tests of its own. */
import { connect } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { answersIn, get } from '../lane/lane-server.ts'
import { serving } from '../sockets/serving.ts'

const PATH = '/v1/rooms/lobby/messages'

/** Each of its characters has six in JSON: as large an answer as a batch can be. */
const HEAVY = '\u0001'.repeat(16_000)

/** More than the system takes for a client that does not read; with requests behind that are read, and with some that are not. */
it.each([6, 30, 2000])(
  'of %i answers each that was begun is read to its end, by a client who takes a second to begin',
  { timeout: 30_000 },
  async (count) => {
    const { url, ask, close } = await serving()
    for (let message = 0; message < 8; message++) await ask(PATH, { method: 'POST', body: `${message}${HEAVY}` })
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const chunks: Buffer[] = []
    let fault: Error | undefined
    socket.on('error', (error) => {
      fault = error
    })
    socket.on('data', (chunk) => chunks.push(chunk)).pause()
    socket.write(get(`${PATH}?limit=500`).repeat(count))
    await new Promise((resolve) => setTimeout(resolve, 500)) // the answers are on their way
    const closed = close()
    setTimeout(() => socket.resume(), 1000)
    await new Promise((resolve) => socket.once('close', resolve))
    await closed
    expect(fault).toBeUndefined()
    const answers = answersIn(Buffer.concat(chunks).toString())
    expect(answers.length).toBeGreaterThanOrEqual(6)
    expect(answers.map(({ body }) => JSON.parse(body).messages.length)).toEqual(Array(answers.length).fill(8))
    const isLast = answers.map(({ head }) => /^connection: close$/im.test(head))
    expect(isLast).toEqual(answers.map((_, i) => count > 6 && i === answers.length - 1))
  },
)
