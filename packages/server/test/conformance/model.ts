import { checkOf, type Message } from '@poll-chat/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Log } from '../../src/log/contract.ts'
import { draft } from '../drafts.ts'
import type { OpenEngine } from '../engines.ts'

type Step =
  | { name: 'append'; room: string; ids: number[] }
  | { name: 'read'; room: string; place: number; limit: number; checked: boolean }
  | { name: 'page'; room: string; place: number; limit: number }

const room = fc.constantFrom('a', 'b')
const place = fc.nat(30)
const limit = fc.integer({ min: 1, max: 6 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ name: fc.constant('append'), room, ids: fc.array(fc.nat(40), { minLength: 1, maxLength: 5 }) }),
  fc.record({ name: fc.constant('read'), room, place, limit, checked: fc.boolean() }),
  fc.record({ name: fc.constant('page'), room, place, limit }),
)

/** Random operations against the simplest log there is: an array a room. */
export function modelConformance(open: OpenEngine): void {
  it('does what an array a room does, whatever the order', async () => {
    const { log } = await open()
    const heard: Message[] = []
    log.watch((messages) => heard.push(...messages))
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        run++
        const model = new Map<string, Message[]>([
          [`a${run}`, []],
          [`b${run}`, []],
        ])
        for (const step of steps) {
          const room = `${step.room}${run}`
          await apply(log, model.get(room) ?? [], { ...step, room })
        }
        for (const [room, messages] of model) {
          expect(heard.filter((message) => message.room === room)).toEqual(messages)
          expect(await log.head(room)).toEqual(cursorAt(messages, messages.length, true))
        }
      }),
      { numRuns: 100 },
    )
  })
}

async function apply(log: Log, model: Message[], step: Step): Promise<void> {
  if (step.name === 'append') {
    const appended = await Promise.all(step.ids.map((id) => log.append(draft(step.room, `text ${id}`, `id-${id}`))))
    for (const { message, repeated } of appended) {
      const stored = model.find(({ id }) => id === message.id)
      expect(repeated).toBe(stored !== undefined)
      if (stored) expect(message).toEqual(stored)
      else model.push(message)
    }
    return
  }
  const place = step.place % (model.length + 1)
  if (step.name === 'read') {
    const batch = await log.read(step.room, cursorAt(model, place, step.checked), step.limit)
    const messages = model.slice(place, place + step.limit)
    expect(batch).toEqual({ messages, next: wireAt(model, place + messages.length) })
  } else {
    const end = Math.max(place - 1, 0)
    const messages = model.slice(Math.max(end - step.limit, 0), end)
    const batch = await log.page(step.room, step.limit, cursorAt(model, place, true))
    expect(batch.messages).toEqual(messages)
    expect(batch.prev !== undefined).toBe(end > step.limit)
  }
}

/** Just after the first `place` messages. */
function cursorAt(model: readonly Message[], place: number, checked: boolean) {
  const message = model[place - 1]
  if (!message) return { index: 0 }
  return checked ? { index: message.index, check: checkOf(message.id) } : { index: message.index }
}

function wireAt(model: readonly Message[], place: number): string {
  const { index, check } = cursorAt(model, place, true)
  return check === undefined ? `${index}` : `${index}~${check}`
}
