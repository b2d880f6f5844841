import type { Message } from '@poll-chat/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_ITEMS, Transcript } from '../../src/tui/transcript.ts'

function message(index: number, id = `id-${index}`, uid = 'bob'): Message {
  return {
    index,
    id,
    room: 'lobby',
    from: { uid, verified: false },
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
        for (const batch of all) added += transcript.add(batch.map((index) => message(index)))
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
    const transcript = new Transcript('alice')
    transcript.add(Array.from({ length: MAX_ITEMS + 5 }, (_, i) => message(i + 1)))
    expect(transcript.items).toHaveLength(MAX_ITEMS)
    expect(transcript.oldest()).toMatchObject({ index: 6 })
  })

  it('sanitises names, texts and reasons at the door', () => {
    const transcript = new Transcript('alice')
    transcript.add([{ ...message(1), text: 'a\x1b]0;x\x07\tb', from: { uid: 'b\x1b[31mob\n', verified: false } }])
    expect(transcript.items).toMatchObject([{ text: 'a    b', uid: 'bob ' }])
  })
})
