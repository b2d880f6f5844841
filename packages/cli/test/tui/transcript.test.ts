import type { Message } from '@poll-chat/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Transcript } from '../../src/tui/transcript.ts'

function message(index: number, id = `id-${index}`, uid = 'bob'): Message {
  return {
    index,
    id,
    room: 'lobby',
    from: { uid, verified: true },
    text: `text ${index}`,
    at: '2026-11-22T12:00:00.000Z',
  }
}

const shown = (transcript: Transcript) => transcript.items.map((item) => ('text' in item ? item.text : item.kind))

describe('the transcript', () => {
  it('has every message once and in order, whatever order batches come in and however they overlap', () => {
    const batches = fc.array(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 20 }), { maxLength: 12 })
    fc.assert(
      fc.property(batches, (all) => {
        const transcript = new Transcript('alice')
        let added = 0
        for (const batch of all) added += transcript.add(batch.map((index) => message(index))).count
        const expected = [...new Set(all.flat())].sort((a, b) => a - b)
        expect(shown(transcript)).toEqual(expected.map((index) => `text ${index}`))
        expect(added).toBe(expected.length)
      }),
    )
  })

  it('shows an own message as pending at the end, and once it is placed only there', () => {
    const transcript = new Transcript('alice')
    transcript.add([message(1)])
    transcript.putLocal('mine', 'hello')
    transcript.add([message(3)])
    expect(shown(transcript)).toEqual(['text 1', 'text 3', 'hello'])
    transcript.add([message(2, 'mine', 'alice')])
    transcript.add([message(2, 'mine', 'alice')])
    expect(shown(transcript)).toEqual(['text 1', 'text 2', 'text 3'])
    expect(transcript.items[1]).toMatchObject({ kind: 'message', own: true })
  })

  it('shows a deleted text no more, whether it comes so or is deleted while it is shown', () => {
    const transcript = new Transcript('alice')
    const { count, mentions } = transcript.add([
      { ...message(1), text: '@alice!' },
      { ...message(2), text: '', deleted: true },
    ])
    expect([count, mentions]).toEqual([2, 1])
    transcript.erase([1, 7])
    expect(shown(transcript)).toEqual(['(deleted by the operator)', '(deleted by the operator)'])
    expect(transcript.items).toMatchObject([
      { index: 1, uid: 'bob', isDeleted: true, mentions: false },
      { index: 2, isDeleted: true },
    ])
    transcript.beginEpoch()
    transcript.add([message(1, 'another')])
    transcript.erase([2])
    expect(shown(transcript).at(-1)).toBe('text 1')
  })

  it('replaces a pending item by its refusal', () => {
    const transcript = new Transcript('alice')
    transcript.putLocal('mine', 'hello')
    transcript.putLocal('mine', 'hello', 'not\nwelcome')
    expect(transcript.items).toMatchObject([{ kind: 'local', state: 'failed', reason: 'not welcome' }])
  })

  it('keeps the unread line and notices where they belong when history comes later', () => {
    const transcript = new Transcript('alice')
    transcript.add([message(10), message(11)])
    transcript.markUnread(11, 0)
    transcript.notice('first')
    transcript.notice('second')
    transcript.add([message(12), message(9)])
    expect(shown(transcript)).toEqual(['text 9', 'text 10', 'unread', 'text 11', 'first', 'second', 'text 12'])
  })

  it('places a new history after the old one, though its indices are lower', () => {
    const transcript = new Transcript('alice')
    transcript.add([message(7), message(8)])
    transcript.beginEpoch()
    transcript.notice('wiped')
    transcript.add([message(1, 'other'), message(2, 'id-8')])
    expect(shown(transcript)).toEqual(['text 7', 'text 8', 'wiped', 'text 1'])
    expect(transcript.oldest()).toMatchObject({ id: 'other' })
  })

  it('drops the oldest when there are too many, and takes them again later', () => {
    const transcript = new Transcript('alice', { items: 1_000, characters: 1_000_000 })
    transcript.add(Array.from({ length: 1_005 }, (_, i) => message(i + 1)))
    transcript.trim()
    expect(transcript.length).toBeLessThanOrEqual(1_000)
    expect(transcript.hasOlder).toBe(true)
    const oldest = transcript.oldest()?.index ?? 0
    expect(oldest).toBeGreaterThan(5)
    transcript.addPage([message(oldest - 1)], true)
    expect(transcript.oldest()?.index).toBe(oldest - 1)
  })

  it('drops texts that are long before there are too many', () => {
    const transcript = new Transcript('alice', { items: 1_000, characters: 10_000 })
    transcript.add(Array.from({ length: 50 }, (_, i) => ({ ...message(i + 1), text: 'x'.repeat(1_000) })))
    transcript.trim()
    expect(transcript.items.map((item) => item.index)).toEqual(Array.from({ length: 10 }, (_, i) => i + 41))
  })

  it('drops nothing around somebody who reads far up, whatever comes, and says what is missing', () => {
    const floods = fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(floods, fc.integer({ min: 1, max: 400 }), (sizes, reader) => {
        const transcript = new Transcript('alice', { items: 3_000, characters: 1_000_000 })
        transcript.add(Array.from({ length: 1_000 }, (_, i) => message(i + 1)))
        let head = 1_000
        for (const size of sizes) {
          transcript.add(Array.from({ length: size }, (_, i) => message(head + i + 1)))
          head += size
          transcript.trim({ epoch: 0, index: reader, rank: 0 })
        }
        const { items } = transcript
        expect(items.length).toBeLessThanOrEqual(3_000)
        expect(items.slice(0, reader + 500).map(({ index }) => index)).toEqual(
          Array.from({ length: reader + 500 }, (_, i) => i + 1),
        )
        // Where indices leap there is a gap, and its cursor is the message before it.
        items.forEach((item, i) => {
          const before = items[i - 1]
          if (item.kind === 'gap') expect(item).toMatchObject({ id: `id-${before?.index}`, index: before?.index })
          else if (before?.kind === 'message') expect(item.index).toBe(before.index + 1)
        })
        expect(items.at(-1)?.index).toBe(head)
      }),
      { numRuns: 30 },
    )
  })

  it('marks a sender who did not prove to be it, and never groups it with the one who did', () => {
    const transcript = new Transcript('me')
    transcript.add([message(1), { ...message(2), from: { uid: message(1).from.uid, verified: false } }])
    const [proven, not] = transcript.items.flatMap((item) => ('uid' in item ? item.uid : []))
    expect(not).toBe(`~${proven}`)
  })

  it('sanitises names, texts and reasons at the door', () => {
    const transcript = new Transcript('alice')
    transcript.add([{ ...message(1), text: 'a\x1b]0;x\x07\tb', from: { uid: 'b\x1b[31mob\n', verified: true } }])
    expect(transcript.items).toMatchObject([{ text: 'a    b', uid: 'bob ' }])
  })
})
