/** C that is compiled and loaded into a server before everything else, to stand in for a disk or a clock that misbehaves. */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * A fault from `faults/NAME.c` and the file that controls it, whose path is in the variable `POLL_CHAT_NAME`.
 * `env` is for the server; `say` writes what it is to do; `remove` in the end.
 */
export function preload(name, first) {
  const folder = mkdtempSync(join(tmpdir(), 'poll-chat-fault-'))
  const library = join(folder, `${name}.so`)
  const source = fileURLToPath(new URL(`../faults/${name}.c`, import.meta.url))
  const { error, status, stderr } = spawnSync(
    'gcc',
    ['-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-o', library, source, '-ldl', '-lpthread'],
    { encoding: 'utf8' },
  )
  if (error?.code === 'ENOENT')
    throw new Error('This proof compiles a fault: it needs gcc (apt-get install gcc libc6-dev).')
  if (status !== 0) throw new Error(`The fault does not compile: ${stderr}`)
  const control = join(folder, 'control')
  writeFileSync(control, first)
  const file = openSync(control, 'r+')
  return {
    env: { LD_PRELOAD: library, [`POLL_CHAT_${name.toUpperCase()}`]: control },
    say: (what) => writeSync(file, what, 0),
    remove() {
      closeSync(file)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
