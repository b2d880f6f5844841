import { describe, expect, it } from 'vitest'
import { choiceIn, parseChoices } from '../src/choices.ts'
import { run, start, startServer, textsOf } from './command.ts'

describe('an answer', () => {
  it.each([
    ['yes', 'yes'],
    ['YES!', 'yes'],
    ['well, Yes.', 'yes'],
    ['yes yes', 'yes'],
    ['yes or no?', undefined],
    ['yesterday', undefined],
    ['no_yes', undefined],
    ['', undefined],
  ])('%j names %j', (text, choice) => expect(choiceIn(text, ['yes', 'no'])).toBe(choice))

  it('may be of several words, any script, and begin like another', () => {
    expect(choiceIn('I say no-go', ['go', 'no', 'no-go'])).toBe('no-go')
    expect(choiceIn('(a) it is', ['(a)', '(b)'])).toBe('(a)')
    expect(choiceIn('好,是。', ['是', '不是'])).toBe('是')
    expect(choiceIn('Caf\u0065\u0301', ['caf\u00e9', 'bar'])).toBe('caf\u00e9')
    expect(choiceIn('roll  back', ['roll back', 'stay'])).toBeUndefined()
  })

  it('must not be listed twice, or be empty', () => {
    expect(parseChoices(' Yes, no ')).toEqual(['Yes', 'no'])
    for (const list of ['a,,b', '', 'a,A']) expect(() => parseChoices(list)).toThrow('--choices has')
  })
})

describe('ask', () => {
  it('sends the question and prints the first answer of somebody else', async () => {
    const { url } = await startServer()
    const send = (uid: string, text: string) => run(['send', '--server', url, '--uid', uid, text])
    await send('ada', 'yes, of long ago')
    const ask = start(['ask', 'Deploy', '42?', '--uid', 'ci', '--from', 'ada', '--confirm', '--server', url])
    while (!(await textsOf(url)).includes('Deploy 42? [yes/no]'))
      await new Promise((resolve) => setTimeout(resolve, 50))
    await send('ci', 'yes')
    await send('bob', 'no')
    await send('ada', 'yes or no, who cares')
    await send('ada', 'NO, not today')
    expect(await ask.ended).toMatchObject({ code: 0, stdout: 'no\n', stderr: '' })
    expect((await textsOf(url)).at(-1)).toBe('Taken: no (ada)')
  })

  it('exits 5 when nobody answers in time', async () => {
    const { url } = await startServer()
    const ended = await run(['ask', 'Well?', '--timeout', '0.3', '--server', url])
    expect(ended).toMatchObject({ code: 5, stdout: '', stderr: 'poll-chat: no answer within 0.3 s\n' })
  })

  it.each([
    [[], 'there is no question'],
    [['Well?', '--choices', 'a,A'], 'a choice twice'],
    [['x'.repeat(16_384)], 'The text has'],
  ])('%j is refused', async (args, why) => {
    const { url } = await startServer()
    const { code, stderr } = await run(['ask', ...args, '--server', url])
    expect(stderr).toContain(why)
    expect(code).toBe(2)
  })
})
