/**
 * A vitest reporter that ends a run with one plain line, `server: 12 passed, 0 failed`,
 * so that every tool that reads logs can count.
 */
export function closingLine(name) {
  return {
    onTestRunEnd(modules) {
      let passed = 0
      let failed = 0
      let skipped = 0
      for (const module of modules) {
        if (module.state() === 'failed' && [...module.children.allTests()].length === 0) failed++
        for (const test of module.children.allTests()) {
          const { state } = test.result()
          if (state === 'passed') passed++
          else if (state === 'skipped') skipped++
          else failed++
        }
      }
      process.stdout.write(`\n${name}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`)
    },
  }
}
