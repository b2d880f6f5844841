import { expect, it } from 'vitest'
import { connection, serving } from '../sockets/serving.ts'
import { answersIn, get, until, wholeAnswers } from './lane-server.ts'

const POLL = '/v1/rooms/lobby/messages?after=0'
const RIGHT = 'Authorization: Bearer secret'
const WRONG = 'Authorization: Bearer wrong'

it('every request of a connection shows the key for itself', async () => {
  const { url } = await serving({ key: 'secret' })
  const asked: [string | undefined, number][] = [
    [RIGHT, 200],
    [RIGHT, 200],
    [WRONG, 401],
    [RIGHT, 200],
    [undefined, 401],
    ['authorization: bearer  secret', 200],
    ['Authorization: Basic secret', 401],
  ]
  for (let first = 0; first < asked.length; first++) {
    const { socket, answer } = await connection(url)
    for (const [count, [header, status]] of asked.slice(first).entries()) {
      socket.write(get(POLL, ...(header === undefined ? [] : [header])))
      await until(() => wholeAnswers(answer()).length === count + 1)
      const said = answersIn(answer()).at(-1)
      expect([header, said?.status]).toEqual([header, status])
      if (status === 401) expect(said?.head).toContain('Bearer realm="poll-chat"')
    }
  }
})

it('an open server answers by its own name alone, on a connection that was let in before', async () => {
  const { url } = await serving()
  const { socket, answer } = await connection(url)
  const hosts: [string, number][] = [
    ['localhost', 200],
    ['127.0.0.1', 200],
    ['evil.example', 403],
    ['LOCALHOST', 200],
  ]
  for (const [count, [host, status]] of hosts.entries()) {
    socket.write(get(POLL).replace('localhost', host))
    await until(() => wholeAnswers(answer()).length === count + 1)
    expect([host, answersIn(answer()).at(-1)?.status]).toEqual([host, status])
  }
})
