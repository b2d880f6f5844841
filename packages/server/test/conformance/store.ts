import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Store } from '../../src/log/contract.ts'
import type { OpenEngine } from '../engines.ts'

/** What every engine promises about what is remembered beside the messages. */
export function storeConformance(open: OpenEngine): void {
  it('returns what was put, with its revision', async () => {
    const { store } = await open()
    expect(await store.get('k')).toBeUndefined()
    const revision = await store.put('k', 'v\u0000 é 👍')
    expect(await store.get('k')).toEqual({ value: 'v\u0000 é 👍', revision })
    const later = await store.put('k', '')
    expect(later).not.toBe(revision)
    expect(await store.get('k')).toEqual({ value: '', revision: later })
  })

  it('puts only over the revision that is expected', async () => {
    const { store } = await open()
    const first = await store.put('k', 'one', { expected: 0 })
    expect(first).toEqual(expect.any(Number))
    expect(await store.put('k', 'two', { expected: 0 })).toBeUndefined()
    const second = await store.put('k', 'two', { expected: first ?? -1 })
    expect(second).toEqual(expect.any(Number))
    expect(await store.put('k', 'three', { expected: first ?? -1 })).toBeUndefined()
    expect(await store.get('k')).toEqual({ value: 'two', revision: second })
  })

  it('lets one of several win that expect the same', async () => {
    const { store } = await open()
    const put = await Promise.all(['a', 'b', 'c'].map((value) => store.put('k', value, { expected: 0 })))
    expect(put.filter((revision) => revision !== undefined)).toHaveLength(1)
  })

  it('deletes, also what is not there, and gives no revision twice', async () => {
    const { store } = await open()
    await store.delete('k')
    const old = await store.put('k', 'v')
    await store.delete('k')
    expect(await store.get('k')).toBeUndefined()
    expect(await store.put('k', 'w', { expected: old ?? -1 })).toBeUndefined()
    await store.put('k', 'w', { expected: 0 })
    expect(await store.put('k', 'x', { expected: old ?? -1 })).toBeUndefined()
  })

  it('lists keys by prefix, in order, and takes no character of it as a wildcard', async () => {
    const { store } = await open()
    for (const key of ['inbox/b', 'inbox/a', 'inbox_x', 'inbox/é', 'jnbox/a', 'in', 'Inbox/c', '%', 'inbox/']) {
      await store.put(key, 'v')
    }
    expect(await store.list('inbox/')).toEqual(['inbox/', 'inbox/a', 'inbox/b', 'inbox/é'])
    expect(await store.list('%')).toEqual(['%'])
    expect(await store.list('_')).toEqual([])
    expect(await store.list('')).toHaveLength(9)
  })

  it('announces what was put or deleted under a prefix, before the change is acknowledged', async () => {
    const { store } = await open()
    const heard: string[] = []
    const end = store.watch('uid/', (key) => heard.push(key))
    const revision = await store.put('uid/a', 'v')
    expect(heard).toEqual(['uid/a'])
    await store.put('inbox/a', 'v')
    expect(await store.put('uid/a', 'w', { expected: 0 })).toBeUndefined()
    expect(heard).toEqual(['uid/a'])
    await store.put('uid/a', 'w', { expected: revision ?? -1 })
    await store.delete('uid/a')
    await store.put('uid/b', 'v')
    expect(heard).toEqual(['uid/a', 'uid/a', 'uid/a', 'uid/b'])
    end()
    await store.put('uid/a', 'v')
    expect(heard).toHaveLength(4)
  })

  it('does what a map does, whatever the order', async () => {
    const { store } = await open()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        for (const key of await store.list('')) await store.delete(key)
        const model = new Map<string, { value: string; revision: number }>()
        for (const { name, key, value, fresh } of steps) {
          if (name === 'put') await putBoth(store, model, key, value)
          if (name === 'delete') {
            model.delete(key)
            await store.delete(key)
          }
          if (name === 'expect') {
            const expected = fresh ? (model.get(key)?.revision ?? 0) : 987_654
            const revision = await store.put(key, value, { expected })
            expect(revision === undefined).toBe(!fresh)
            if (revision !== undefined) model.set(key, { value, revision })
          }
          expect(await store.get(key)).toEqual(model.get(key))
          expect(await store.list('')).toEqual([...model.keys()].sort())
        }
      }),
      { numRuns: 100 },
    )
  })
}

const step = fc.record({
  name: fc.constantFrom('put', 'delete', 'expect'),
  key: fc.constantFrom('a', 'b', 'a/b', 'c'),
  value: fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed()),
  fresh: fc.boolean(),
})

async function putBoth(
  store: Store,
  model: Map<string, { value: string; revision: number }>,
  key: string,
  value: string,
): Promise<void> {
  const revision = await store.put(key, value)
  if (revision === undefined) throw new Error('A put that expects nothing cannot be refused.')
  model.set(key, { value, revision })
}
