/** However the chat ends, the terminal is as it was before. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Person } from './fixture/people.ts'
import { ServerProcess } from './fixture/server-process.ts'

let server: ServerProcess
let alice: Person

beforeEach(async () => {
  server = await ServerProcess.start()
  alice = new Person('alice', ['join', server.url])
}, 60_000)

afterEach(async () => {
  await alice.dispose()
  await server.dispose()
})

const WAYS: [string, string, (person: Person) => void][] = [
  ['/quit', '0', (person) => person.say('/quit')],
  ['Ctrl-C', '0', ({ terminal }) => terminal.type('\x03')],
  ['Ctrl-D', '0', ({ terminal }) => terminal.type('\x04')],
  ['SIGTERM', '143', (person) => person.signal('SIGTERM')],
  ['SIGHUP', '129', (person) => person.signal('SIGHUP')],
]

test.each(WAYS)('after %s', { timeout: 60_000 }, async (_name, code, end) => {
  const { terminal } = alice
  const before = { screen: 'normal', bracketedPasteMode: false, wraparoundMode: true, isCursorShown: true }
  await alice.joined()
  alice.say('hello')
  await terminal.until('✓ alice hello')
  expect(terminal.modes).toMatchObject({ screen: 'alternate' })
  end(alice)
  expect(await alice.left()).toEqual({ code, isRestored: true })
  expect(terminal.modes).toMatchObject(before)
  // What was said last stays, above the shell's next prompt.
  expect(terminal.rows.filter(Boolean)).toEqual([
    expect.stringMatching(/^── /),
    expect.stringContaining('✓ alice hello'),
    `$ ended with ${code}`,
  ])
})
