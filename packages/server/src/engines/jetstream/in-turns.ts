/** Requests that are under way at once, of many that are to be made. */
const AT_ONCE = 64

/** Does something for each, some at once. */
export async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, items.length) }, async () => {
      for (const item of left) await work(item)
    }),
  )
}
