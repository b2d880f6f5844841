/** `poll-chat` without anything more, in real terminals: the first starts a server, the others join it. */
import { createClient } from '@poll-chat/client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Folder } from './fixture/folder.ts'
import { freePort } from './fixture/free-port.ts'
import { copyWithPort } from './fixture/other-port.ts'
import { Person } from './fixture/people.ts'

const TIMEOUT = { timeout: 60_000 }
const WIDE = { columns: 200 }

let folder: Folder
let url: string
let bin: string
let people: Person[]

beforeEach(async () => {
  folder = new Folder()
  people = []
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  bin = copyWithPort(folder.path, port)
})

afterEach(async () => {
  await Promise.all(people.map((person) => person.dispose()))
  folder.remove()
})

function start(uid: string): Person {
  const person = new Person(uid, [], WIDE, { bin })
  people.push(person)
  return person
}

test('the first starts a server, the second joins it, and the server ends with the first', TIMEOUT, async () => {
  const ada = start('ada')
  await ada.terminal.until(`Started a server at ${url}. Others on this machine join with: poll-chat join.`)
  await ada.joined()
  const bob = start('bob')
  await bob.joined()
  expect(bob.terminal.screen).toContain(`bob@${new URL(url).host}`)
  expect(bob.terminal.screen).not.toContain('Started')
  ada.say('hello bob')
  await bob.terminal.until('ada hello bob')
  bob.say('hello ada')
  await ada.terminal.until('bob hello ada')

  bob.say('/quit')
  expect(await bob.left()).toEqual({ code: '0', isRestored: true })
  ada.say('still here')
  await ada.terminal.until('✓ ada still here')
  ada.say('/quit')
  expect(await ada.left()).toEqual({ code: '0', isRestored: true })
  await expect(createClient({ url }).info()).rejects.toMatchObject({ reason: 'connection refused' })
})

test('two at the same moment are one server, and both are in it', TIMEOUT, async () => {
  const both = [start('ada'), start('bob')]
  for (const person of both) await person.joined()
  for (const person of both) person.say(`${person.uid} is here`)
  for (const { terminal } of both) for (const { uid } of both) await terminal.until(`${uid} ${uid} is here`)
  expect(both.filter(({ terminal }) => terminal.screen.includes('Started a server'))).toHaveLength(1)
})
