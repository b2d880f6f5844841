import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { type RunningServer, startServer } from '../../src/server.ts'
import { type RawAnswer, RawConnection } from './raw-http.ts'
import { type RawRequest, rawRequests } from './requests.ts'

const REQUESTS = 100_000
const WORKERS = 48
const REQUESTS_A_CONNECTION = 4

test(`the lane cannot be told from node:http by ${REQUESTS} requests of every kind`, { timeout: 600_000 }, async () => {
  const [inLane, plain] = await Promise.all([serve({ lane: true }), serve({ lane: false })])
  const cursors = await fill(inLane.url)
  expect(await fill(plain.url)).toEqual(cursors)

  const requests = fc.sample(rawRequests(cursors), { numRuns: REQUESTS, seed: 20_261_122 })
  const queue = requests.entries()
  const seen = new Map<string, number>()
  await Promise.all(Array.from({ length: WORKERS }, (_, worker) => compare(worker)))
  // The corpus is of use only if it has plenty of all of these.
  for (const status of ['200', '201', '400', '403', '404', '405', '410', '422'])
    expect(seen.get(status), status).toBeGreaterThan(20)

  async function compare(worker: number): Promise<void> {
    const left = new RawConnection(portOf(inLane))
    const right = new RawConnection(portOf(plain))
    for (const [number, request] of queue) {
      const { text, hasBody } = forWorker(request, worker)
      const [one, other] = await Promise.all([left.ask(text, { hasBody }), right.ask(text, { hasBody })])
      expect(comparable(one), `request ${number}: ${JSON.stringify(text)}`).toEqual(comparable(other))
      const status = one === 'closed' ? one : (one.status.split(' ')[1] ?? '')
      seen.set(status, (seen.get(status) ?? 0) + 1)
      if (number % REQUESTS_A_CONNECTION === 0) left.close() // what the lane has handed on never comes back to it
    }
    left.close()
    right.close()
  }
})

async function serve({ lane }: { lane: boolean }): Promise<RunningServer> {
  const server = await startServer({ host: '127.0.0.1', port: 0, engine: 'memory:', logLevel: 'silent', lane })
  onTestFinished(() => server.close())
  return server
}

/** The same messages with the same ids in every server. Returns their cursors. */
async function fill(url: string): Promise<string[]> {
  const cursors: string[] = []
  for (let number = 1; number <= 12; number++) {
    const body = JSON.stringify({ id: `m-${number}`, uid: 'carol', text: `línea ${number} 你好 "\u0007"` })
    const headers = { 'Content-Type': 'application/json' }
    const answer = await fetch(`${url}/v1/rooms/lobby/messages`, { method: 'POST', headers, body })
    cursors.push((await answer.json()).next)
  }
  return cursors
}

function portOf({ url }: RunningServer): number {
  return Number(new URL(url).port)
}

/** Two workers must not take one inbox from each other, nor claim one uid, nor send to one room. No body changes its length. */
function forWorker({ text, hasBody }: RawRequest, worker: number): RawRequest {
  const own = text
    .replace(/uid=(alice|bob)/g, `uid=$1-${worker}`)
    .replaceAll('"uid":"alice"', `"uid":"a${String(worker).padStart(4, '0')}"`)
    .replace('/rooms/sends/', `/rooms/sends-${worker}/`)
  return { text: own, hasBody }
}

/** The clocks of the two servers are read at different moments, and ids that they chose themselves are random. */
function comparable(answer: RawAnswer): RawAnswer {
  if (answer === 'closed') return answer
  const headers = answer.headers.map((line) => line.replace(/^date: .*/, 'date'))
  const own = /"id":"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"/.test(answer.body)
  const body = answer.body.replace(/"at":"[^"]*"/g, '"at"')
  return { ...answer, headers, body: own ? body.replace(/"id":"[^"]*"/, '"id"').replace(/~[0-9a-f]{8}"/, '~"') : body }
}
