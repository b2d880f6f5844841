/** Odd requests and frames, some thousands: the proof `fuzz`, shortened. */
import { test } from 'vitest'
import { expectProved } from './fixture/short-proof.ts'

test('no odd request or frame is answered with 5xx or harms the server', { timeout: 180_000 }, async () => {
  await expectProved('fuzz', '--requests', '4000', '--sockets', '400', '--seed', '20261124')
})
