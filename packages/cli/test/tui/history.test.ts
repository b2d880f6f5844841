import { expect, it } from 'vitest'
import { History } from '../../src/tui/history.ts'

it('goes through what was sent, and keeps the draft', () => {
  const history = new History()
  for (const text of ['one', 'two', 'two', 'three']) history.add(text)
  expect([history.older('draft'), history.older(''), history.older(''), history.older('')]).toEqual([
    'three',
    'two',
    'one',
    undefined,
  ])
  expect([history.newer(), history.newer(), history.newer(), history.newer()]).toEqual([
    'two',
    'three',
    'draft',
    undefined,
  ])
})
