/** One stretch of time in which CPU is counted: the server's, and the generator's own. */
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuSeconds } from '../os.mjs'

export class Window {
  #pids
  #cpu
  #own
  #start

  constructor(pids) {
    this.#pids = pids
    this.#cpu = cpuSeconds(pids)
    this.#own = process.cpuUsage()
    this.#start = performance.now()
  }

  get elapsedMs() {
    return performance.now() - this.#start
  }

  close() {
    const seconds = this.elapsedMs / 1000
    const { user, system } = process.cpuUsage(this.#own)
    const serverCpuSeconds = cpuSeconds(this.#pids) - this.#cpu
    return {
      seconds,
      serverCpuSeconds,
      serverCpuPct: (serverCpuSeconds / seconds) * 100,
      loadCpuPct: ((user + system) / 1e6 / seconds) * 100,
    }
  }
}

/** Waits until the server has done what it still had to do (collecting garbage, say), 10 s at most. */
export async function settle(pids) {
  for (let i = 0; i < 40; i++) {
    const before = cpuSeconds(pids)
    await sleep(250)
    if (cpuSeconds(pids) - before < 0.0125) return
  }
}

/** Looks again and again until it is so; false when it was not within the time. */
export async function until(condition, withinMs) {
  const end = performance.now() + withinMs
  while (!condition()) {
    if (performance.now() > end) return false
    await sleep(5)
  }
  return true
}
