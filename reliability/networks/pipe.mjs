/** Networks that are made of bytes passed on, late, in part or not at all. */
import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * Listens and passes every connection on to a port. `link` gets both sides and wires them up; what it does not pass on
 * does not arrive.
 */
export async function openPipe(port, link) {
  const sockets = new Set()
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
    link(near, far)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Passes one direction on, each piece after a time that `delayMs` gives, in order. */
export function passLate(from, to, delayMs) {
  let last = Promise.resolve()
  const later = (act) => {
    const arrives = pause(delayMs())
    last = Promise.all([last, arrives]).then(act)
  }
  from.on('data', (chunk) => later(() => to.writable && to.write(chunk)))
  from.on('end', () => later(() => to.end()))
}

export function passBoth(near, far) {
  near.pipe(far)
  far.pipe(near)
}
