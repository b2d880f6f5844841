/**
 * Checks the load generator itself: puts a server with known faults in front of the floor and demands that exactly
 * these are counted. node benchmarks/check.mjs; exits 1 when a count is wrong.
 */
import { createServer } from 'node:net'
import { runLoad } from './load/run-load.mjs'
import { startFloor } from './servers/floor.mjs'

const READERS = 50
const WARM = 4
const MESSAGES = 16

const faults = {
  none: { change: (messages) => messages, lost: 0, duplicates: 0 },
  'drops every tenth': {
    change: (messages) => messages.filter(({ index }) => index % 10 !== 7),
    lost: 2 * READERS,
    duplicates: 0,
  },
  'doubles every tenth': {
    change: (messages) => messages.flatMap((one) => (one.index % 10 === 5 ? [one, one] : [one])),
    lost: 0,
    duplicates: 2 * READERS,
  },
  'gives one reader nothing': {
    change: (messages, reader) => (reader === 3 ? [] : messages),
    lost: WARM + MESSAGES,
    duplicates: 0,
  },
  'answers with another run': {
    change: (messages) => messages.map((one) => ({ ...one, text: one.text.replace('#', '#9') })),
    lost: (WARM + MESSAGES) * READERS,
    duplicates: 0,
  },
}

let isWrong = false
for (const [name, { change, lost, duplicates }] of Object.entries(faults)) {
  const floor = await startFloor()
  const faulty = await startFaulty(floor.port, change)
  const job = {
    kind: 'waiting',
    n: READERS,
    warm: WARM,
    warmEveryMs: 60,
    messages: MESSAGES,
    everyMs: 60,
    drainMs: 1500,
  }
  const found = await runLoad({ ...floor, port: faulty.address().port }, job)
  const isRight = found.lost === lost && found.duplicates === duplicates
  if (!isRight) isWrong = true
  console.log(
    `${isRight ? 'right' : 'WRONG'}: ${name}: ${found.lost} lost of ${lost}, ${found.duplicates} twice of ${duplicates}`,
  )
  faulty.close()
  await floor.stop()
}
process.exit(isWrong ? 1 : 0)

/** Hands each request on, changes the messages in the answer, and gives it back in pieces of odd sizes. */
function startFaulty(port, change) {
  let readers = 0
  const server = createServer({ noDelay: true }, (socket) => {
    let text = ''
    let reader
    socket.setEncoding('latin1')
    socket.on('error', () => undefined) // the generator ends its connections by a reset
    socket.on('data', async (piece) => {
      text += piece
      const [, method, path, length = '0'] = /^(\w+) (\S+) .*?(?:Content-Length: (\d+).*?)?\r\n\r\n/s.exec(text) ?? []
      if (method === undefined) return
      const bodyAt = text.indexOf('\r\n\r\n') + 4
      if (text.length < bodyAt + Number(length)) return
      const body = method === 'POST' ? text.slice(bodyAt) : undefined
      text = ''
      if (path.includes('wait=')) reader ??= readers++
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body }).catch(() => undefined)
      if (answer === undefined) return
      await writeInPieces(
        socket,
        answer.status,
        changed(await answer.text(), (messages) => change(messages, reader)),
      )
    })
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

function changed(body, change) {
  const batch = JSON.parse(body)
  if (batch.messages) batch.messages = change(batch.messages)
  return JSON.stringify(batch)
}

async function writeInPieces(socket, status, body) {
  const whole = `HTTP/1.1 ${status} OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  for (let at = 0, size = 23; at < whole.length; at += size, size = 400) {
    socket.write(whole.slice(at, at + size))
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
}
