import type { Message } from '@poll-chat/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ItemLayout } from '../../src/tui/item-lines.ts'
import { themeFor } from '../../src/tui/theme.ts'
import { Transcript } from '../../src/tui/transcript.ts'
import { Viewport } from '../../src/tui/viewport.ts'

function message(index: number): Message {
  const text = Array.from({ length: (index % 4) + 1 }, (_, i) => `m${index}.${i}`).join(
    index % 2 === 0 ? '\n' : ' '.repeat(12),
  )
  const at = new Date(Date.UTC(2026, 10, 1 + Math.floor(index / 7), 12)).toISOString()
  return { index, id: `${index}`, room: 'lobby', from: { uid: 'bob', verified: true }, text, at }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i))

function viewport(transcript: Transcript, columns: number, height: number): Viewport {
  return new Viewport(transcript, new ItemLayout({ columns, theme: themeFor({}), times: 'time' }), height)
}

const rows = (view: Viewport, anchor: ReturnType<Viewport['start']>) =>
  view.visible(anchor).map(({ spans }) => spans.map(({ text }) => text).join(''))

describe('the viewport', () => {
  it('does not move a reader who scrolled up, whatever comes below and above', () => {
    const sizes = fc.record({
      columns: fc.integer({ min: 5, max: 60 }),
      height: fc.integer({ min: 1, max: 15 }),
      up: fc.integer({ min: 1, max: 60 }),
    })
    fc.assert(
      fc.property(sizes, ({ columns, height, up }) => {
        const transcript = new Transcript('alice')
        transcript.add(range(40, 60))
        const view = viewport(transcript, columns, height)
        const anchor = view.scroll(undefined, -up)
        fc.pre(anchor !== undefined && !view.isAtStart(anchor))
        const before = rows(view, anchor)
        transcript.add(range(61, 75))
        transcript.add(range(1, 39))
        expect(rows(viewport(transcript, columns, height), anchor)).toEqual(before)
      }),
    )
  })

  it('keeps the message at the top when the width changes', () => {
    const transcript = new Transcript('alice')
    transcript.add(range(1, 60))
    const anchor = viewport(transcript, 80, 10).scroll(undefined, -25)
    const [wide] = rows(viewport(transcript, 80, 10), anchor)
    const [narrow] = rows(viewport(transcript, 30, 10), anchor)
    expect(/m\d+/.exec(narrow ?? '')).toEqual(expect.arrayContaining([/m\d+/.exec(wide ?? '')?.[0]]))
  })

  it('scrolls up and down by as many rows, and ends at the end', () => {
    const transcript = new Transcript('alice')
    transcript.add(range(1, 30))
    const view = viewport(transcript, 40, 8)
    const steps = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 6 })
    fc.assert(
      fc.property(steps, (ups) => {
        let anchor: ReturnType<Viewport['start']>
        for (const up of ups) anchor = view.scroll(anchor, -up)
        if (view.isAtStart(anchor)) return
        for (const up of ups) anchor = view.scroll(anchor, up)
        expect(anchor).toBeUndefined()
      }),
    )
  })

  it('shows every row on the way down from the start, and nothing twice', () => {
    const transcript = new Transcript('alice')
    transcript.add(range(1, 30))
    const whole = rows(viewport(transcript, 40, 10_000), undefined)
    const view = viewport(transcript, 40, 7)
    const seen: string[] = []
    let anchor = view.start()
    for (; anchor; anchor = view.scroll(anchor, 1)) seen.push(rows(view, anchor)[0] ?? '')
    // The upper row has the name of its sender also where the row above has it already.
    const unnamed = (row: string) => row.replace('bob', '   ')
    expect([...seen, ...rows(view, undefined)].map(unnamed)).toEqual(whole.map(unnamed))
  })

  it('says once who speaks, and again at the top of the screen', () => {
    const transcript = new Transcript('alice')
    transcript.add(range(1, 6))
    const named = (height: number) =>
      rows(viewport(transcript, 60, height), undefined).filter((row) => row.includes('bob'))
    expect(named(100)).toHaveLength(1)
    expect(rows(viewport(transcript, 60, 4), undefined)[0]).toMatch(/bob m\d/)
  })

  it('is full, and stays at the end, when all fits not; and starts at the end when all fits', () => {
    const transcript = new Transcript('alice')
    transcript.add(range(1, 2))
    expect(viewport(transcript, 40, 30).scroll(undefined, -5)).toBeUndefined()
    transcript.add(range(3, 60))
    expect(rows(viewport(transcript, 40, 12), undefined)).toHaveLength(12)
  })
})
