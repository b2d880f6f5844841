import { expect, test } from 'vitest'
import { Place, REMEMBERED_IDS } from '../src/place.ts'
import { cursorOf, message } from './script.ts'

const batchOf = (first: number, last: number) => ({
  messages: Array.from({ length: last - first + 1 }, (_, i) => message(first + i)),
  next: cursorOf(last),
})

test('a bare index becomes a cursor that notices a wiped log, also when there is nothing new', () => {
  const place = new Place('7')
  place.take({ messages: [], next: cursorOf(7) })
  expect(place.cursor).toBe(cursorOf(7))
})

test('an older answer does not move the place back', () => {
  const place = new Place('0')
  place.take(batchOf(1, 9))
  expect(place.take(batchOf(2, 4))).toEqual([])
  expect(place.cursor).toBe(cursorOf(9))
})

test('what stands before the place is not new, though its id was never seen', () => {
  const place = new Place('5')
  expect(place.take(batchOf(4, 6)).map(({ index }) => index)).toEqual([6])
})

test('the memory of ids is bounded: after a reset only what is older than all of them comes twice', () => {
  const place = new Place('0')
  for (let first = 1; first <= REMEMBERED_IDS + 100; first += 100) place.take(batchOf(first, first + 99))
  place.reset('0')
  expect(place.take(batchOf(1, 100))).toHaveLength(100)
  place.reset(cursorOf(200))
  expect(place.take(batchOf(201, REMEMBERED_IDS + 100))).toEqual([])
})

test('whether messages were missed at the beginning of a room: not by who begins there, but by who has been there', () => {
  const trimmed = { ...batchOf(4, 6), trimmed: true as const }
  expect(new Place('0').misses(trimmed)).toBe(false)
  const place = new Place('0')
  place.take({ messages: [], next: '0' })
  expect(place.misses(batchOf(1, 3))).toBe(false)
  expect(place.misses(trimmed)).toBe(true)
  place.take(trimmed)
  expect(place.misses(trimmed)).toBe(false)
  expect(new Place(undefined).misses(trimmed)).toBe(true) // the place that the server remembers
})
