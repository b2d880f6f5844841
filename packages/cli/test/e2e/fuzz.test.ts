/** Odd requests and frames, some thousands: the proof `fuzz`, shortened. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const PROVE = fileURLToPath(new URL('../../../../reliability/prove.mjs', import.meta.url))

test('no odd request or frame is answered with 5xx or harms the server', { timeout: 180_000 }, async () => {
  const settings = ['--requests', '4000', '--sockets', '400', '--seed', '20261124']
  const child = spawn(process.execPath, [PROVE, 'fuzz', ...settings], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  expect(code, `${settings.join(' ')}\n${out}${err}`).toBe(0)
})
