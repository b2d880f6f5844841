import { setTimeout as pause } from 'node:timers/promises'
import { createClient } from '@poll-chat/client'
import { CuttingProxy } from '../../packages/cli/test/e2e/fixture/cutting-proxy.ts'
import { seeded } from '../../packages/cli/test/e2e/fixture/random.ts'
import { Reader, WAYS } from '../../packages/cli/test/e2e/fixture/reader.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'
import { wholeLog } from '../../packages/cli/test/e2e/fixture/whole-log.ts'
import { writeWithClient, writeWithScript } from '../../packages/cli/test/e2e/fixture/writer.ts'
import { judgeLog, judgeReaders } from '../parts/ledger.mjs'
import { comeBackAtOnce } from '../parts/pace.mjs'

export const title = '10 % of all answers lost after the server wrote them: whole, in the head, in the body'
export const options = { messages: 100_000, percent: 10 }

/** The server has written the answer in each of these; the client gets nothing of it, a part, or all and then a reset. */
const LOSSES = ['before the answer', 'in the head', 'in the body', 'after the answer']
const ROOM = 'lobby'

export async function prove(figures, { messages, percent }) {
  comeBackAtOnce()
  const server = await ServerProcess.start()
  const proxies = []
  const lossy = async (seed) => {
    const random = seeded(seed)
    const fate = () => (random.next() * 100 < percent ? random.pick(LOSSES) : 'passes')
    const proxy = await CuttingProxy.start(server.port, seeded(seed + 1_000), fate)
    proxies.push(proxy)
    return proxy.url
  }
  try {
    const readers = []
    for (const way of WAYS) readers.push(new Reader(await lossy(readers.length + 1), ROOM, way))
    const writers = []
    for (const uid of ['ada', 'bob', 'cyd', 'dee', 'eve', 'fay', 'gus', 'hal', 'ida', 'jon', 'kim', 'lea']) {
      const write = writers.length % 2 === 0 ? writeWithClient : writeWithScript
      writers.push(write(await lossy(writers.length + 11), ROOM, uid))
    }
    const count = () => writers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)
    for (let next = 10_000; count() < messages; await pause(100)) {
      if (count() < next) continue
      console.log(`  ${count()} messages`)
      next += 10_000
    }
    await Promise.all(writers.map((writer) => writer.stop()))

    const log = await wholeLog(createClient({ url: server.url }), ROOM)
    const requests = proxies.flatMap(({ counts }) => [...counts])
    const sum = (fates) => requests.reduce((total, [fate, times]) => total + (fates.includes(fate) ? times : 0), 0)
    figures.note('requests', sum([...LOSSES, 'passes']))
    for (const loss of LOSSES) figures.note(`answers cut ${loss}`, sum([loss]))
    judgeLog(
      figures,
      log,
      writers.flatMap(({ acknowledged }) => acknowledged),
    )
    figures.note(
      'sends whose acknowledgement was lost',
      writers.reduce((total, { replayed }) => total + replayed, 0),
    )
    await judgeReaders(figures, readers, log)
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.close()))
    await server.dispose()
  }
}
