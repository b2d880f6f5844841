import { describe, expect, it } from 'vitest'
import { actionIn, COMMANDS, parseCommand } from '../src/slash-commands.ts'

describe('a text in the box', () => {
  it.each([
    ['hello', { type: 'say', text: 'hello' }],
    ['//help', { type: 'say', text: '/help' }],
    [' /help', { type: 'say', text: ' /help' }],
    ['/q', { type: 'quit', rest: '' }],
    ['/FIND two words', { type: 'find', rest: 'two words' }],
    ['/me waves', { type: 'say', text: '/me waves' }],
    ['/me', { type: 'me', rest: '' }],
    ['/quti', { type: 'unknown', name: 'quti', suggestion: 'quit' }],
    ['/hlep me', { type: 'unknown', name: 'hlep', suggestion: 'help' }],
    ['/etc/passwd', { type: 'unknown', name: 'etc/passwd', suggestion: undefined }],
    ['/', { type: 'unknown', name: '', suggestion: undefined }],
    ['/find a\nb', { type: 'find', rest: 'a\nb' }],
    ['/constructor', { type: 'unknown', name: 'constructor', suggestion: undefined }],
  ])('%j', (text, command) => expect(parseCommand(text)).toEqual(command))

  it('is a command by every name', () => {
    for (const name of Object.keys(COMMANDS)) expect(parseCommand(`/${name}`).type).toBe(name)
  })
})

it('an action says what its sender does', () => {
  expect(actionIn('/me waves')).toBe('waves')
  expect(actionIn('/meow')).toBeUndefined()
})
