import type { Messages } from '../language.ts'
import { commands } from './commands.ts'
import { sentences } from './sentences.ts'

/** 简体中文。 */
export const zh: Messages = { ...sentences, ...commands }
