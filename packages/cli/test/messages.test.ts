/** The catalogues, and that nothing is said past them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROBLEMS } from '@poll-chat/protocol'
import { parseAst } from 'rolldown/parseAst'
import { describe, expect, it } from 'vitest'
import { en } from '../src/messages/en/index.ts'
import type { Messages } from '../src/messages/language.ts'
import { problem, reason } from '../src/messages/zh/from-others.ts'
import { zh } from '../src/messages/zh/index.ts'
import { startFault } from '../src/messages/zh/start-faults.ts'
import { run } from './command.ts'

/** Every sentence of a catalogue by its path. */
function sentencesOf(catalogue: object, path = ''): Map<string, unknown> {
  return new Map(
    Object.entries(catalogue).flatMap(([key, value]): [string, unknown][] =>
      typeof value === 'object' ? [...sentencesOf(value, `${path}${key}.`)] : [[`${path}${key}`, value]],
    ),
  )
}

/** Visits every node of a source; `false` leaves out what is in a node. */
function walk(node: unknown, visit: (node: object) => boolean | undefined): void {
  if (Array.isArray(node)) for (const one of node) walk(one, visit)
  else if (typeof node === 'object' && node !== null && visit(node) !== false)
    for (const [key, child] of Object.entries(node)) if (key !== 'parent') walk(child, visit)
}

/** The sentences of a server's source that may end a start, with something in each place that is filled in. */
function startFaultsIn(source: string): string[] {
  if (!source.includes('StartError')) return []
  const found: string[] = []
  walk(parseAst(source, { lang: 'ts' }), (node) => {
    const { type, callee, value, quasis } = Object(node)
    if (type === 'NewExpression' && /^(Chat)?Error$/.test(callee.name)) return false
    if (type === 'Literal' && typeof value === 'string') found.push(value)
    if (type === 'TemplateLiteral')
      found.push(
        quasis
          .map((quasi: { value: { cooked: string } }, i: number) => (i > 0 ? `given${i}` : '') + quasi.value.cooked)
          .join(''),
      )
    return undefined
  })
  return found.filter((text) => /^("?given|\p{Lu}).* .*\.$/u.test(text))
}

describe('the catalogues', () => {
  it('have the same keys, by type and in fact', () => {
    const chinese: Messages = zh
    expect([...sentencesOf(chinese).keys()].sort()).toEqual([...sentencesOf(en).keys()].sort())
  })

  it('have the same parameters, and leave out none', () => {
    const chinese = sentencesOf(zh)
    const given = ['aaa', 'bbb', 'ccc', 'ddd', 'eee']
    for (const [path, sentence] of sentencesOf(en)) {
      const other = chinese.get(path)
      expect(typeof other, path).toBe(typeof sentence)
      if (typeof sentence !== 'function' || typeof other !== 'function') continue
      expect(other.length, path).toBe(sentence.length)
      if (['fault', 'reason', 'problem', 'startFault'].includes(path)) continue
      const used = (said: unknown) => given.filter((one) => JSON.stringify(said).includes(one))
      const inEnglish = used(sentence(...given))
      const inChinese = used(other(...given))
      // "one line was not sent" has no number in it for one; Chinese always has.
      expect(inChinese, path).toEqual(expect.arrayContaining(inEnglish))
    }
  })

  it('show the same examples', () => {
    const commandsIn = (help: string) =>
      help.split('\n').filter((line) => /^ {2}(\S+=\S+ |.*\| )?poll-chat|^ {2}(test|source) /.test(line))
    const codeOf = (line: string) => line.trim().split(/ {2,}/)[0]
    const chinese = sentencesOf(zh)
    for (const [path, sentence] of sentencesOf(en)) {
      if (!/\.(help|start)$/.test(path) || typeof sentence !== 'string') continue
      expect(commandsIn(`${chinese.get(path)}`).map(codeOf), path).toEqual(commandsIn(sentence).map(codeOf))
    }
  })

  it('know every problem of the protocol', () => {
    for (const code of Object.keys(PROBLEMS)) expect(problem(code, 'English detail'), code).toMatch(/\p{Script=Han}/u)
    expect(problem('of-the-future', 'English detail')).toBe('English detail')
  })

  it('know every reason why a server does not start', () => {
    const folder = join(import.meta.dirname, '../../server/src')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
    const sentences = files.flatMap((file) => startFaultsIn(readFileSync(join(folder, file), 'utf8')))
    expect(sentences.length).toBeGreaterThan(30)
    for (const sentence of sentences) {
      const said = startFault(sentence)
      expect(said, sentence).toMatch(/\p{Script=Han}/u)
      for (const given of sentence.match(/given\d/g) ?? []) expect(said, sentence).toContain(given)
    }
    expect(startFault('Something of the future.')).toBe('Something of the future.')
  })
})

describe('the language', () => {
  const say = async (env: Record<string, string>) => (await run(['rooms', '--server', '127.0.0.1:9'], { env })).stderr

  it.each([
    [{ LANG: 'zh_CN.UTF-8' }, true],
    [{ LANG: 'en_US.UTF-8', LC_MESSAGES: 'zh_CN.UTF-8' }, true],
    [{ LANG: 'zh_CN.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'de_DE.UTF-8' }, false],
    [{}, false],
  ])('with %j is Chinese: %s', async (env, isChinese) => {
    expect(await say(env)).toBe(
      isChinese
        ? 'poll-chat: http://127.0.0.1:9 没有应答(连接被拒绝)。在那里启动服务器:poll-chat serve\n'
        : 'poll-chat: nobody answers at http://127.0.0.1:9 (connection refused). Start a server there with: poll-chat serve\n',
    )
  })

  it('is that of the help and of its titles, and of what the command line refuses', async () => {
    const env = { LANG: 'zh_CN.UTF-8' }
    const { stdout } = await run(['send', '--help'], { env })
    expect(stdout).toContain('用法:')
    expect(stdout).toContain('选项:')
    expect(stdout).not.toMatch(/Usage|Options|Examples|Exit codes/)
    expect((await run(['jion'], { env })).stderr).toBe(
      'poll-chat: 没有命令 "jion" (是不是 join?);请看 poll-chat --help\n',
    )
    expect((await run(['send', ' '], { env })).stderr).toBe('poll-chat: 内容为空,或只有空白。\n')
  })
})

/** The catalogues themselves. */
const ELSEWHERE = /^messages\//

/** Names of commands, and the program for a shell: the same in every language. */
const NO_SENTENCES = /^(npx poll-chat$|-|[a-z-]+ [<[])|COMP_WORDS|COMPREPLY|bash completion|complete -/

describe('the source', () => {
  const folder = join(import.meta.dirname, '../src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /\.tsx?$/.test(file) && !ELSEWHERE.test(file),
  )

  it.each(files)('%s says nothing past the catalogues', (file) => {
    const found: string[] = []
    walk(parseAst(readFileSync(join(folder, file), 'utf8'), { lang: file.endsWith('x') ? 'tsx' : 'ts' }), (node) => {
      const { type, value } = Object(node)
      if (type === 'Literal' && typeof value === 'string') found.push(value)
      if (type === 'TemplateElement') found.push(`${value.cooked}`)
      return undefined
    })
    const sentences = found.filter(
      (text) => /\p{L}{2,} \p{L}{2,}/u.test(text) && !NO_SENTENCES.test(text) && reason(text) === text,
    )
    expect(sentences).toEqual([])
  })
})
