#!/usr/bin/env node
// The only file that must run on every Node: it says which one is needed before anything newer is parsed.
// So no top-level await, no `?.`, and no import of what an older Node does not have.

const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`poll-chat needs Node 22.19 or newer; this is ${process.version}.\n`)
  process.exitCode = 1
} else {
  if (!process.env.NODE_ENV) process.env.NODE_ENV = 'production'
  process.getBuiltinModule('node:module').enableCompileCache()
  import('../dist/cli.js').then(
    (cli) => cli.main(process.argv.slice(2)),
    (error) => {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
      process.stderr.write('poll-chat is not built yet. In its checkout, run: npm run build\n')
      process.exitCode = 1
    },
  )
}
