/** A disk of a few megabytes: a tmpfs that only this proof sees, in a mount namespace of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const MOUNT = 'mount -t tmpfs -o size="$1" tmpfs "$0" && echo mounted && exec cat'

/** `under` starts a program that sees it at `path`. `fill` leaves so many bytes of room, `free` gives all of it back. */
export async function smallDisk(megabytes) {
  const path = mkdtempSync(join(tmpdir(), 'poll-chat-disk-'))
  const holder = spawn('unshare', ['-rm', 'sh', '-c', MOUNT, path, `${megabytes}m`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const said = await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit'), once(holder, 'error')])
  if (!String(said[0]).includes('mounted'))
    throw new Error('This proof mounts a small disk in a namespace of its own, which this machine does not allow.')
  const inside = join(`/proc/${holder.pid}/root`, path)
  const ballast = join(inside, 'ballast')
  return {
    path,
    under: ['nsenter', '--preserve-credentials', '-U', '-m', '-t', String(holder.pid)],
    fill(leave) {
      const { bavail, bsize } = statfsSync(inside)
      writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leave), 'x'))
    },
    free: () => rmSync(ballast, { force: true }),
    async remove() {
      holder.stdin.end()
      await once(holder, 'exit')
      rmSync(path, { recursive: true, force: true })
    },
  }
}
