/**
 * The floor of a terminal chat: shows each new line of the room, and each key, as plainly as Node can. No layout, no
 * editing, no sanitising.
 */
import { get } from 'node:http'

const [url, room] = process.argv.slice(2)
process.stdin.setRawMode(true)
process.stdin.on('data', (key) => process.stdout.write(key))
process.on('SIGTERM', () => process.exit(0))

let place = await ask('limit=1')
process.stdout.write(`${room}\r\n`)
for (;;) place = await ask(`after=${place}&wait=55&limit=500`)

function ask(query) {
  return new Promise((resolve, reject) => {
    get(`${url}/v1/rooms/${room}/messages?${query}`, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (piece) => {
        body += piece
      })
      response.on('end', () => {
        const { messages, next } = JSON.parse(body)
        for (const { from, text } of messages) process.stdout.write(`${from.uid}: ${text}\r\n`)
        resolve(next)
      })
    }).on('error', reject)
  })
}
