/** node waiting.mjs PORT COUNT: many polls that hang, each on a connection of its own. Says when all are sent, then how they ended. */
import { Connection } from '../../benchmarks/load/connection.mjs'

const [port, count] = process.argv.slice(2).map(Number)
const EMPTY = '{"messages":[],"next":"0"}'
const AT_ONCE = 200

const result = { answered: 0, failed: 0, answeredAt: [], first: Number.POSITIVE_INFINITY }
let sent = 0
let left = count

for (let i = 0; i < Math.min(AT_ONCE, count); i++) open(i)

function open(number) {
  const query = number % 2 === 0 ? 'messages?after=0' : `inbox?uid=u${process.pid}-${number}`
  new Connection(
    { port },
    {
      onReady(connection) {
        connection.request(`GET /v1/rooms/quiet/${query}&wait=55 HTTP/1.1\r\nHost: localhost\r\n\r\n`)
        sent++
        if (number + AT_ONCE < count) open(number + AT_ONCE)
        if (sent === count) setTimeout(() => process.send('sent'), 3_000) // the server reads them, and opens the inboxes
      },
      onAnswer(connection, buffer, start, end) {
        const isEmpty = connection.status === 200 && buffer.latin1Slice(start, end) === EMPTY
        if (isEmpty) result.answered++
        else result.failed++
        connection.end()
        over()
      },
      onLost() {
        result.failed++
        over()
      },
    },
  )
}

function over() {
  const now = Date.now()
  result.first = Math.min(result.first, now)
  result.answeredAt.push(now)
  if (--left === 0) process.send(result, () => process.exit(0))
}
