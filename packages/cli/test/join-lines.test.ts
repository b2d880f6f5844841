import { describe, expect, it } from 'vitest'
import { run, start, startServer } from './command.ts'

describe('join without a terminal', () => {
  it.each(['long', 'poll'])('sends each line in order, prints the room, and ends with its input (%s)', async (mode) => {
    const { url } = await startServer()
    expect(await run(['send', '--server', url, '--uid', 'ada', 'before'])).toMatchObject({ code: 0 })
    const { code, stdout, stderr } = await run(['join', url, '--uid', 'bob', '--mode', mode], {
      input: 'one\n\ntwo\r\n  \nthree',
    })
    expect(stderr).toBe('')
    expect(stdout.replaceAll(/\d\d:\d\d /g, '')).toBe('ada: before\nbob: one\nbob: two\nbob: three\n')
    expect(code).toBe(0)
  })

  it('prints what others say while its input is open', async () => {
    const { url } = await startServer()
    const ada = start(['join', url, '--uid', 'ada', '--last', '0'])
    const bob = start(['join', url, '--uid', 'bob', '--mode', 'poll', '--interval', '100'])
    ada.child.stdin?.write('hello\n')
    await bob.until(({ stdout }) => stdout.includes('ada: hello\n'))
    bob.child.stdin?.end('hi ada')
    await ada.until(({ stdout }) => stdout.includes('bob: hi ada\n'))
    expect(await bob.ended).toMatchObject({ code: 0, stderr: '' })
  })

  it('shows the last messages', async () => {
    const { url } = await startServer()
    await run(['join', url, '--uid', 'ada'], { input: '1\n2\n3\n' })
    const { stdout } = await run(['join', url, '--last', '2'])
    expect(stdout.replaceAll(/\d\d:\d\d /g, '')).toBe('ada: 2\nada: 3\n')
  })

  it('sends the other lines when one cannot be sent, says which, and exits 1', async () => {
    const { url } = await startServer()
    const input = `one\n${'x'.repeat(16_385)}\n${'x'.repeat(1_000_000)}\ntwo\n`
    const { code, stdout, stderr } = await run(['join', url, '--uid', 'ada'], { input })
    expect(stdout.replaceAll(/\d\d:\d\d /g, '')).toBe('ada: one\nada: two\n')
    expect(stderr).toMatch(/line 2 was not sent: .*\n.*line 3 was not sent: .*\n.*2 lines were not sent\n$/)
    expect(code).toBe(1)
  })

  it('goes on sending when nobody reads what it prints', async () => {
    const { url } = await startServer()
    const join = start(['join', url, '--uid', 'ada', '--last', '0'])
    join.child.stdin?.write('one\n')
    await join.until(({ stdout }) => stdout.includes('one'))
    join.child.stdout?.destroy()
    join.child.stdin?.end('two\nthree\nfour\n')
    expect(await join.ended).toMatchObject({ code: 0, stderr: '' })
    expect((await run(['tail', '--no-follow', '--server', url])).stdout).toContain('four')
  })
})
