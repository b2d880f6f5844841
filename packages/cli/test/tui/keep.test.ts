import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { Keep } from '../../src/tui/keep.ts'

const WHERE = { url: 'http://127.0.0.1:8787', uid: 'alice' }

let folder: string

beforeEach(() => {
  const path = mkdtempSync(join(tmpdir(), 'poll-chat-keep-'))
  folder = path
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
})

function* files(path: string): Generator<string> {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    yield join(path, entry.name)
    if (entry.isDirectory()) yield* files(join(path, entry.name))
  }
}

describe('what outlives the chat', () => {
  it('is there for the next one: history, drafts, places and letters in their order', () => {
    const first = new Keep(folder, WHERE)
    for (const text of ['one', 'two\nlines', '三']) first.addToHistory(text)
    first.saveDraft('lobby', 'half a thou')
    first.savePlace('lobby', '7~12345678')
    first.putLetter('lobby', { id: 'b', text: 'first' })
    first.putLetter('lobby', { id: 'a', text: 'second' })
    first.putLetter('lobby', { id: 'c', text: 'third' })
    first.putLetter('lobby', { id: 'a', text: 'second', reason: 'not welcome' })
    first.dropLetter('c')
    const next = new Keep(folder, WHERE)
    expect(next.history()).toEqual(['one', 'two\nlines', '三'])
    expect(next.draft('lobby')).toBe('half a thou')
    expect(next.place('lobby')).toBe('7~12345678')
    expect(next.letters('lobby')).toEqual([
      { id: 'b', text: 'first' },
      { id: 'a', text: 'second', reason: 'not welcome' },
    ])
    next.dropLetter('b')
    next.saveDraft('lobby', '')
    expect(new Keep(folder, WHERE).letters('lobby')).toMatchObject([{ id: 'a' }])
    expect(new Keep(folder, WHERE).draft('lobby')).toBe('')
  })

  it('is kept apart by server, uid and room, whatever the letters of its name', () => {
    new Keep(folder, WHERE).saveDraft('Tea', 'x')
    expect(new Keep(folder, WHERE).draft('tea')).toBe('')
    expect(new Keep(folder, { ...WHERE, uid: 'bob' }).draft('Tea')).toBe('')
    expect(new Keep(folder, { ...WHERE, url: 'http://other' }).draft('Tea')).toBe('')
  })

  it('can be read by its owner only', () => {
    const keep = new Keep(folder, WHERE)
    keep.addToHistory('secret')
    keep.saveDraft('lobby', 'secret')
    keep.putLetter('lobby', { id: 'a', text: 'secret' })
    for (const path of files(folder)) expect(statSync(path).mode & 0o077, path).toBe(0)
  })

  it('survives half a line and files that are no letters', () => {
    const keep = new Keep(folder, WHERE)
    keep.addToHistory('one')
    keep.putLetter('lobby', { id: 'a', text: 'x' })
    for (const path of files(folder)) {
      if (path.endsWith('history')) writeFileSync(path, '"one"\n"tw')
      if (path.endsWith('.json')) writeFileSync(join(path, '..', '0.json'), '{"id":1}')
    }
    expect(new Keep(folder, WHERE).history()).toEqual(['one'])
    expect(new Keep(folder, WHERE).letters('lobby')).toEqual([{ id: 'a', text: 'x' }])
  })

  it('says why nothing can be kept where a file stands in the way, and throws nothing', () => {
    writeFileSync(join(folder, 'file'), '')
    const keep = new Keep(join(folder, 'file'), WHERE)
    keep.putLetter('lobby', { id: 'a', text: 'x' })
    keep.addToHistory('x')
    expect(keep.fault).toMatch(/ENOTDIR|EEXIST/)
    expect(keep.letters('lobby')).toEqual([])
  })
})
