import { expect, it } from 'vitest'
import { Room } from '../src/model/room.ts'
import { rowsOf } from '../src/model/rows.ts'
import { batch, message } from './messages.ts'

it('puts lines of one sender under one name, and days and what is new between them', () => {
  const room = new Room('tea', 'alice')
  room.begin(
    batch([
      message(1, { at: '2026-11-21T12:00:00Z' }),
      message(2, { at: '2026-11-21T12:01:00Z' }),
      message(3, { at: '2026-11-21T12:30:00Z' }),
      message(4, { at: '2026-11-22T12:00:00Z' }),
      message(5, { at: '2026-11-22T12:00:01Z', uid: 'eve' }),
      message(6, { at: 'no date', uid: 'eve' }),
    ]),
  )
  const letter = { id: 'x', room: 'tea', text: 'on its way', at: 0 }
  const rows = rowsOf(room.lines.value, [letter], room.lines.value[1]?.key)
  expect(rows.map((row) => ('isFirst' in row ? `${row.type}${row.isFirst ? ' first' : ''}` : row.type))).toEqual([
    'day',
    'message first',
    'new',
    'message first',
    'message first',
    'day',
    'message first',
    'message first',
    'day',
    'message first',
    'letter first',
  ])
})
