/**
 * The floor: the least that node:http needs for the API of poll-chat. Rooms are arrays in memory; bodies are made once
 * for all who stand at the same place. No disk, no validation, no limits, no cross-site rules, no clean close.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'

const HEAD = ['Content-Type', 'application/json', 'Cache-Control', 'no-store', 'Content-Length']
const MAX_BATCH = 500

/** By name: `messages` as JSON texts, `waiters` of the form `{ response, after, limit, until }`. */
const rooms = new Map()

function roomOf(name) {
  let room = rooms.get(name)
  if (room === undefined) {
    room = { name, messages: [], waiters: [], bodies: new Map(), isWaking: false }
    rooms.set(name, room)
  }
  return room
}

function append(room, text) {
  const message = {
    index: room.messages.length + 1,
    id: randomUUID(),
    room: room.name,
    from: { uid: 'anonymous', verified: false },
    text,
    at: new Date().toISOString(),
  }
  const json = JSON.stringify(message)
  room.messages.push(json)
  return json
}

function batch(room, from, to) {
  return Buffer.from(`{"messages":[${room.messages.slice(from, to).join(',')}],"next":"${to}~00000000"}`)
}

function after(room, index, limit) {
  const key = index * 1000 + limit
  let body = room.bodies.get(key)
  if (body === undefined) {
    body = batch(room, index, Math.min(room.messages.length, index + limit))
    if (room.bodies.size > 100) room.bodies.clear()
    room.bodies.set(key, body)
  }
  return body
}

function answer(response, body, status = 200) {
  response.writeHead(status, [...HEAD, body.length])
  response.end(body)
}

function wake(room) {
  room.isWaking = false
  const { waiters } = room
  room.waiters = []
  for (const { response, after: index, limit } of waiters) answer(response, after(room, index, limit))
}

function send(room, request, response) {
  let text = ''
  request.setEncoding('utf8')
  request.on('data', (piece) => {
    text += piece
  })
  request.on('end', () => {
    const message = append(room, text)
    room.bodies.clear()
    if (!room.isWaking) {
      room.isWaking = true
      setImmediate(wake, room)
    }
    answer(response, Buffer.from(`{"message":${message},"next":"${room.messages.length}~00000000"}`), 201)
  })
}

const server = createServer((request, response) => {
  const mark = request.url.indexOf('?')
  const path = mark < 0 ? request.url : request.url.slice(0, mark)
  const pairs = mark < 0 ? [] : request.url.slice(mark + 1).split('&')
  const query = new Map(pairs.map((pair) => pair.split('=')))
  const room = roomOf(path.slice('/v1/rooms/'.length, -'/messages'.length))
  if (request.method === 'POST') return send(room, request, response)
  const limit = Math.min(MAX_BATCH, Number(query.get('limit') ?? 100))
  const place = query.get('after')
  if (place === undefined) {
    const before = query.get('before')
    const to = before === undefined ? room.messages.length : Number.parseInt(before, 10) - 1
    return answer(response, batch(room, Math.max(0, to - limit), to))
  }
  const index = Number.parseInt(place, 10)
  const wait = Number(query.get('wait') ?? 0)
  if (wait === 0 || index < room.messages.length) return answer(response, after(room, index, limit))
  room.waiters.push({ response, after: index, limit, until: Date.now() + wait * 1000 })
})

// One timer for all: they wait equally long, so the first is the oldest.
setInterval(() => {
  const now = Date.now()
  for (const room of rooms.values()) {
    while (room.waiters.length > 0 && room.waiters[0].until <= now) {
      const { response, after: index, limit } = room.waiters.shift()
      answer(response, after(room, index, limit))
    }
  }
}, 1000)

const stored = Number(process.argv[2] ?? 0)
for (let i = 1; i <= stored; i++) append(roomOf('bench'), `message ${i} `.padEnd(64, 'abcdefghijklmnopqrstuvwxyz'))

server.keepAliveTimeout = 120_000
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log(`port ${server.address().port}`))
