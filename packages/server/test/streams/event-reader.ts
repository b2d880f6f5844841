import { onTestFinished } from 'vitest'

export type SseEvent = { event: string; id: string | undefined; data: unknown }

/** Reads an event stream as EventSource does, one event at a time; comments are events named ":". */
export function eventReader(response: Response) {
  if (!response.body) throw new Error('The answer has no body.')
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  onTestFinished(() => reader.cancel().catch(() => undefined))
  let text = ''

  async function next(): Promise<SseEvent | undefined> {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end !== -1) {
        const block = text.slice(0, end)
        text = text.slice(end + 2)
        return parse(block)
      }
      const { done, value } = await reader.read()
      if (done) return undefined
      text += value
    }
  }
  return { next, cancel: () => reader.cancel() }
}

function parse(block: string): SseEvent {
  if (block.startsWith(':')) return { event: ':', id: undefined, data: undefined }
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1]
  return { event: field('event') ?? 'message', id: field('id'), data: JSON.parse(field('data') ?? 'null') }
}
