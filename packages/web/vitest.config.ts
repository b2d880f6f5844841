import { defineConfig } from 'vitest/config'
import { closingLine } from '../../scripts/closing-line.mjs'

export default defineConfig({
  test: { include: ['test/**/*.test.{ts,tsx}'], reporters: ['default', closingLine('web')], testTimeout: 60_000 },
})
