import { t } from '../messages/language.ts'

// Made with the first message: a first format takes as long as a fifth of all of Node's start, and the first frame has no date.
let times: Intl.DateTimeFormat | undefined
const timeFormat = () => {
  times ??= new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
  return times
}
let days: Intl.DateTimeFormat | undefined
const dayFormat = () => {
  days ??= new Intl.DateTimeFormat(t.chat.locale, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
  return days
}

/** `09:41`, local time. A server may say anything: a date that is none must not throw here. */
export function timeOf(at: number): string {
  return Number.isNaN(at) ? '--:--' : timeFormat().format(at)
}

/** `2026-11-24 09:41:07`, local time. */
export function dateTimeOf(at: number): string {
  if (Number.isNaN(at)) return '----------'
  const date = new Date(at)
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${secondOf(at)}`
}

/** `09:41:07`, local time. */
export function secondOf(at: number): string {
  const date = new Date(at)
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

function two(value: number): string {
  return `${value}`.padStart(2, '0')
}

let lastDay = { from: 0, to: 0, name: '' }

/** `Tuesday, 24 November 2026`. Formatting a date is slow, and nearly always it is the same day as before. */
export function dayOf(at: number): string {
  if (Number.isNaN(at)) return t.chat.unknownDay
  if (at >= lastDay.from && at < lastDay.to) return lastDay.name
  const from = new Date(at).setHours(0, 0, 0, 0)
  const to = new Date(at).setHours(24, 0, 0, 0)
  lastDay = { from, to, name: dayFormat().format(at) }
  return lastDay.name
}
