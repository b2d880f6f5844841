/** What the operating system says: CPU time and memory of processes, pinning to cores, facts about the machine. */
import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

/** The server has core 0 for itself and the load generator core 1, so that neither's work is the other's delay. */
export const SERVER_CORE = 0
export const LOAD_CORE = 1

/** Ticks of /proc/PID/stat and /proc/stat; Linux has had 100 a second on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

export const canPin =
  process.platform === 'linux' && cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0

/** The command line that starts a program on one core; unpinned where there is no `taskset` or only one core. */
export function pinned(core, command, args) {
  return canPin && core !== undefined ? ['taskset', ['-c', String(core), command, ...args]] : [command, args]
}

/** CPU seconds that these processes have used, all their threads included. */
export function cpuSeconds(pids) {
  return pids.reduce((sum, pid) => sum + cpuOf(pid), 0)
}

/** From the scheduler in nanoseconds where the kernel has it: the 10 ms ticks of `stat` are coarse for a short run. */
function cpuOf(pid) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    const times = threads.map((thread) => Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0]))
    const total = times.reduce((sum, ns) => sum + ns, 0)
    if (total > 0) return total / 1e9
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error
  }
  const { user, system } = statOf(pid)
  return user + system
}

/** `childUser` and `childSystem` are of children that have ended and were waited for. */
function statOf(pid) {
  const fields = read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ')
  const [user, system, childUser, childSystem] = fields.slice(11, 15).map((ticks) => Number(ticks) / TICKS_PER_SECOND)
  return { user, system, childUser, childSystem }
}

/** CPU seconds of all children of this process that have ended. */
export function endedChildrenCpuSeconds() {
  const { childUser, childSystem } = statOf(process.pid)
  return childUser + childSystem
}

/** Resident memory of these processes, in bytes. */
export function rssBytes(pids) {
  return pids.reduce((sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024, 0)
}

/** A process and all that it started. */
export function family(pid) {
  const children = readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).trim().split(' '))
    .filter(Boolean)
  return [pid, ...children.flatMap((child) => family(Number(child)))]
}

/** Seconds that the whole machine was busy, and that the hypervisor took from it. */
export function machineSeconds() {
  const fields = read('/proc/stat').split('\n')[0].split(/\s+/).slice(1).map(Number)
  const [user, nice, system, , , irq, softirq, steal] = fields.map((ticks) => ticks / TICKS_PER_SECOND)
  return { busy: user + nice + system + irq + softirq, steal }
}

/** Descriptors that a process here may have open; each waiter is one for the server and one for the generator. */
export function descriptorLimit() {
  return Number(/Max open files\s+\S+\s+(\d+)/.exec(read('/proc/self/limits'))?.[1] ?? 1024)
}

export function machineFacts() {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    nginx: versionOf('nginx', ['-v'], /nginx\/(\S+)/),
    pinned: canPin,
    descriptors: descriptorLimit(),
  }
}

function versionOf(command, args, pattern) {
  const { stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  return error ? 'not installed' : (pattern.exec(stdout + stderr)?.[1] ?? 'unknown')
}

/** Where a program is, or undefined. */
export function whichProgram(name) {
  try {
    return execFileSync('sh', ['-c', `command -v ${name} || ls /usr/sbin/${name} 2>/dev/null`], {
      encoding: 'utf8',
    }).trim()
  } catch {
    return undefined // `command -v` says by its exit code that there is none
  }
}

function read(path) {
  return readFileSync(path, 'latin1')
}
