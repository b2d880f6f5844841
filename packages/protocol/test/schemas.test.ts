import { describe, expect, it } from 'vitest'
import {
  MAX_BATCH,
  MAX_BODY_BYTES,
  MAX_HEAD_BYTES,
  MAX_TEXT_BYTES,
  MAX_URL_BYTES,
  MAX_WAIT_SECONDS,
} from '../src/limits.ts'
import { indexSchema, limitSchema, sendSchema, waitSchema } from '../src/schemas.ts'

describe('what comes in a query is a string:', () => {
  it('a limit is a whole number from 1, capped', () => {
    expect(['1', '500', '501', '999999', undefined].map((limit) => limitSchema.parse(limit))).toEqual([
      1,
      500,
      MAX_BATCH,
      MAX_BATCH,
      100,
    ])
    for (const limit of ['0', '', '-1', '1.5', 'x', '01', '1e2', ' 1', '1000000'])
      expect([limit, limitSchema.safeParse(limit).success]).toEqual([limit, false])
  })

  it('a wait is a number of seconds, capped', () => {
    expect(['0', '0.5', '25', '55.001', '99999'].map((wait) => waitSchema.parse(wait))).toEqual([
      0,
      0.5,
      25,
      MAX_WAIT_SECONDS,
      MAX_WAIT_SECONDS,
    ])
    for (const wait of ['', '-1', '.5', '1.', 'x', '1e2', '100000', '0.1234', 'Infinity'])
      expect([wait, waitSchema.safeParse(wait).success]).toEqual([wait, false])
  })

  it('an index is a whole number that stays exact', () => {
    expect(['0', '7', '999999999999999'].map((index) => indexSchema.parse(index))).toEqual([0, 7, 999_999_999_999_999])
    for (const index of ['', '-1', '1.0', 'x', '9999999999999999'])
      expect(indexSchema.safeParse(index).success).toBe(false)
  })
})

it('a send drops what it does not know', () => {
  expect(sendSchema.parse({ text: 'x', index: 7, at: 'never', verified: true })).toEqual({ text: 'x' })
})

it('the limits leave room for the longest text, however it is written', () => {
  const json = JSON.stringify({ id: 'x'.repeat(64), uid: '𝒳'.repeat(64), text: '\u0001'.repeat(MAX_TEXT_BYTES) })
  expect(new TextEncoder().encode(json).length).toBeLessThanOrEqual(MAX_BODY_BYTES)
  const url = `http://localhost:8787/send/message?text=${'%01'.repeat(MAX_TEXT_BYTES)}&id=${'x'.repeat(64)}&uid=${encodeURIComponent('語'.repeat(64))}`
  expect(url.length).toBeLessThanOrEqual(MAX_URL_BYTES)
  expect(MAX_URL_BYTES).toBeLessThan(MAX_HEAD_BYTES)
})
