/**
 * node steady-client.mjs PORT: polls and sends at a steady rate, and tells how long each took, as the parent asks. Each is timed
 * from the moment at which it was due, so that a server that stands still does not hide it by holding up the next one.
 */
import { Connection } from '../../benchmarks/load/connection.mjs'

const [port] = process.argv.slice(2).map(Number)
const POLLS_A_SECOND = 300
const SENDS_A_SECOND = 50
const CONNECTIONS = 40
const TICK_MS = 5

// A room that is quiet: nobody waits for the disk who does not send.
const POLL = 'GET /v1/rooms/calm/messages?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n'
const SEND = 'POST /v1/rooms/lobby/messages?uid=ada HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello'

const free = []
/** What is due and has no connection yet. */
const due = []
let took = { poll: [], send: [] }
let failed = 0

for (let i = 0; i < CONNECTIONS; i++) open()

function open() {
  let current
  const connection = new Connection(
    { port },
    {
      onReady: () => next(),
      onAnswer(self) {
        if (self.status > 201) failed++
        took[current.kind].push(performance.now() - current.dueAt)
        next()
      },
      onLost() {
        if (current) failed++
        open()
      },
    },
  )
  function next() {
    current = due.shift()
    if (current) ask()
    else free.push(start)
  }
  function start(request) {
    current = request
    ask()
  }
  function ask() {
    connection.request(current.kind === 'poll' ? POLL : SEND)
  }
}

const startedAt = performance.now()
const sent = { poll: 0, send: 0 }
setInterval(() => {
  const now = performance.now()
  for (const [kind, rate] of [
    ['poll', POLLS_A_SECOND],
    ['send', SENDS_A_SECOND],
  ]) {
    for (; sent[kind] < ((now - startedAt) / 1_000) * rate; sent[kind]++) {
      const request = { kind, dueAt: now }
      const start = free.shift() // in turn: one that is never used is cut off
      if (start) start(request)
      else due.push(request)
    }
  }
}, TICK_MS)

process.on('message', () => {
  process.send({ ...took, failed })
  took = { poll: [], send: [] }
  failed = 0
})
