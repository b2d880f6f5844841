/** Copies of a log while eight write into it: the proof `backup`, shortened. */
import { test } from 'vitest'
import { expectProved } from './fixture/short-proof.ts'

test('every copy has what was acknowledged before it, nothing else, and can be served', {
  timeout: 180_000,
}, async () => {
  await expectProved('backup', '--rounds', '5', '--stored', '10000')
})
