/**
 * The load generator: a process of its own, given one job as JSON, answering with one JSON object.
 * It says what it used of its own core: near 100 % it was the limit, not the server.
 */
import { append } from './append.mjs'
import { burst } from './burst.mjs'
import { page } from './page.mjs'
import { poll } from './poll.mjs'
import { waiting } from './waiting.mjs'

const kinds = { append, burst, page, poll, waiting }

const job = JSON.parse(process.argv[2])
// Bounded whatever happens: a server that never answers ends the run, not the evening.
setTimeout(() => fail(`no result within ${job.timeoutMs} ms`), job.timeoutMs).unref()
try {
  process.stdout.write(JSON.stringify(await kinds[job.kind](job)), () => process.exit(0))
} catch (error) {
  fail(error.stack)
}

function fail(reason) {
  process.stderr.write(reason)
  process.exit(1)
}
