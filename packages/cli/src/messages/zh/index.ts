import type { Messages } from '../language.ts'
import { chat } from './chat.ts'
import { commands } from './commands.ts'
import { doctor } from './doctor.ts'
import { sentences } from './sentences.ts'

/** 简体中文。 */
export const zh: Messages = { ...sentences, ...commands, chat, doctor }
