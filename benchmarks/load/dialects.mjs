/**
 * How each kind of server is spoken to: the requests as text, and where an answer has the cursor of the next one.
 * A `place` is what a reader has to say to go on: a cursor, nchan's two headers, or a session of Socket.IO.
 */
const HOST = 'Host: 127.0.0.1\r\n'

function get(path, headers = '') {
  return `GET ${path} HTTP/1.1\r\n${HOST}${headers}\r\n`
}

function post(path, body, type = 'text/plain') {
  return `POST ${path} HTTP/1.1\r\n${HOST}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

const NEXT = Buffer.from('"next":"')
const QUOTE = 0x22

/** poll-chat, and the floor that has the same API. */
const pollChat = {
  poll: (room, place) => get(`/v1/rooms/${room}/messages?after=${place}`),
  wait: (room, place) => get(`/v1/rooms/${room}/messages?after=${place}&wait=55&limit=500`),
  publish: (room, text) => post(`/v1/rooms/${room}/messages`, text),
  pageBefore: (room, index, limit) => get(`/v1/rooms/${room}/messages?before=${index}&limit=${limit}`),
  pageAfter: (room, index, limit) => get(`/v1/rooms/${room}/messages?after=${index}&limit=${limit}`),
  /** Where a reader begins: one answer for all of a room. */
  head: (room) => get(`/v1/rooms/${room}/messages?limit=1`),
  nextPlace(_connection, buffer, start, end) {
    // It is the last field; searching from the end does not read the messages. A text cannot hold it: its quotes are escaped.
    const at = buffer.lastIndexOf(NEXT, end - NEXT.length)
    if (at < start) return undefined
    return buffer.latin1Slice(at + NEXT.length, buffer.indexOf(QUOTE, at + NEXT.length))
  },
  placeIsInBody: true,
}

function nchan(waitPath) {
  return {
    poll: (room) => get(`/poll?id=${room}`),
    wait: (room, place) => get(`${waitPath}?id=${room}`, place),
    publish: (room, text) => post(`/publish?id=${room}`, text),
    head: undefined, // without its headers a reader begins with the next message
    nextPlace({ head }) {
      const modified = /\r\nLast-Modified: ([^\r]+)/i.exec(head)?.[1]
      const tag = /\r\nEtag: ([^\r]+)/i.exec(head)?.[1]
      return modified && `If-Modified-Since: ${modified}\r\n${tag ? `If-None-Match: ${tag}\r\n` : ''}`
    },
    placeIsInBody: false,
  }
}

/** Engine.IO 4 over its polling transport: https://socket.io/docs/v4/engine-io-protocol/. */
const SESSION = '/socket.io/?EIO=4&transport=polling'
const socketIo = {
  wait: (_room, place) => get(`${SESSION}&sid=${place}`),
  publish: (_room, text) => post('/publish', text),
  head: undefined,
  /** Requests before the first wait; each may use the place that an earlier answer gave. */
  greeting: [
    () => get(SESSION),
    (place) => post(`${SESSION}&sid=${place}`, '40'),
    (place) => get(`${SESSION}&sid=${place}`),
  ],
  greetingPlace: (body) => /^0\{"sid":"([^"]+)"/.exec(body)?.[1],
  nextPlace: () => undefined, // the session goes on
  placeIsInBody: false,
}

export const dialects = {
  'poll-chat': pollChat,
  nchan: nchan('/wait'),
  'nchan-multi': nchan('/wait-multi'),
  'socket.io': socketIo,
}
