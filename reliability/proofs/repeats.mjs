import { createClient } from '@poll-chat/client'
import { createUndiciFetch } from '@poll-chat/client/undici'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { wholeLog } from '../../packages/cli/test/e2e/fixture/whole-log.ts'
import { compareLog } from '../parts/ledger.mjs'

export const title = 'every send three times at the same moment, over three connections, to two threads'
export const options = { messages: 20_000 }

const ROOM = 'lobby'
const AT_ONCE = 16

export async function prove(figures, { messages }) {
  const server = await ServerProcess.start({ args: ['--threads', '2'] })
  const pools = Array.from({ length: 3 }, () => createUndiciFetch())
  const answers = []
  let next = 0
  try {
    const worker = async () => {
      while (next < messages) {
        const number = next++
        answers.push(await sendThrice(pools, server.url, number))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))

    const log = await wholeLog(createClient({ url: server.url }), ROOM)
    const acknowledged = answers.flat().map(({ message }) => message)
    const { lost, doubled, disordered } = compareLog(log, acknowledged)
    const stored = (statuses) => statuses.filter((status) => status === 201).length
    figures.note('sends', acknowledged.length)
    figures.exactly('messages in the log', log.length, messages)
    figures.exactly('acknowledged and lost', lost, 0)
    figures.exactly('stored twice', doubled, 0)
    figures.exactly('out of order in the log', disordered, 0)
    figures.exactly(
      'not exactly one "201 Created" of three',
      answers.filter((three) => stored(three.map(({ status }) => status)) !== 1).length,
      0,
    )
    figures.exactly(
      'three answers that are not the same message',
      answers.filter((three) => new Set(three.map(({ message }) => JSON.stringify(message))).size !== 1).length,
      0,
    )
  } finally {
    await Promise.all(pools.map((pool) => pool.close()))
    await server.dispose()
  }
}

function sendThrice(pools, url, number) {
  const body = JSON.stringify({ id: crypto.randomUUID(), uid: 'ada', text: `message ${number}` })
  return Promise.all(
    pools.map(async (fetch) => {
      const response = await fetch(`${url}/v1/rooms/${ROOM}/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(30_000),
      })
      const text = await response.text()
      if (response.status > 201) throw new Error(`${response.status} ${text}`)
      return { status: response.status, message: JSON.parse(text).message }
    }),
  )
}
