import { defineConfig } from 'vitest/config'
import { closingLine } from '../../scripts/closing-line.mjs'

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    reporters: ['default', closingLine('server')],
    testTimeout: 60_000,
    maxWorkers: 3, // much of the time is waiting for processes and real sockets
  },
})
