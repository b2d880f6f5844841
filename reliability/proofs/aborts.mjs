import { rssBytes } from '../../benchmarks/os.mjs'
import { abortPolls } from '../../packages/cli/test/e2e/fixture/abort-polls.ts'
import { HEAP_PROBE, liveHeap } from '../../packages/cli/test/e2e/fixture/heap.ts'
import { seeded } from '../../packages/cli/test/e2e/fixture/random.ts'
import { ServerProcess } from '../../packages/cli/test/e2e/fixture/server-process.ts'

export const title = 'polls that are aborted, with the poll lane and without: nothing of them stays'
export const options = { polls: 1_000_000 }

/** Aborted before the heap is looked at first, so that code is compiled and caches are full. */
const WARMING = 20_000

/** How much more may be on the heap at the end, in megabytes. Waiters that were forgotten would weigh thousands. */
const MOST_GROWTH = 4

export async function prove(figures, { polls }) {
  for (const lane of ['on', 'off']) {
    const server = await ServerProcess.start({ args: ['--lane', lane], node: HEAP_PROBE })
    const random = seeded(polls)
    try {
      await abortPolls(server.port, WARMING, random)
      const before = await liveHeap(server)
      const rssBefore = rssBytes([server.pid])
      const startedAt = performance.now()
      for (let part = 1; part <= 10; part++) {
        await abortPolls(server.port, Math.round(polls / 10), random)
        const megabytes = (await liveHeap(server)) / 2 ** 20
        console.log(`  lane ${lane}: ${part} of 10, ${megabytes.toFixed(2)} MB on the heap`)
      }
      const seconds = (performance.now() - startedAt) / 1_000
      const after = await liveHeap(server)
      const rss = rssBytes([server.pid])
      server.signal('SIGTERM')
      const { code } = await server.ended
      figures.note(`lane ${lane}: aborted polls`, polls)
      figures.note(`lane ${lane}: aborted in a second`, polls / seconds)
      figures.note(`lane ${lane}: heap before`, before / 2 ** 20, 'MB')
      figures.note(`lane ${lane}: heap after`, after / 2 ** 20, 'MB')
      figures.under(`lane ${lane}: more than before`, Math.max(0, after - before) / 2 ** 20, MOST_GROWTH, 'MB')
      figures.note(`lane ${lane}: memory of the process before`, rssBefore / 2 ** 20, 'MB')
      figures.note(`lane ${lane}: memory of the process after`, rss / 2 ** 20, 'MB')
      figures.exactly(`lane ${lane}: waiters after`, waitersIn(server.output), 0)
      figures.exactly(`lane ${lane}: exit code`, code, 0)
    } finally {
      await server.dispose()
    }
  }
}

function waitersIn(output) {
  return Number(/"waiting":(\d+),"msg":"closing"/.exec(output)?.[1])
}
