import { signal } from '@preact/signals'

/** The wall clock, for what counts down, in milliseconds. */
export const now = signal(Date.now())
setInterval(() => {
  now.value = Date.now()
}, 1_000)
