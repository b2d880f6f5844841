import { chat } from './chat.ts'
import { commands } from './commands.ts'
import { doctor } from './doctor.ts'
import { sentences } from './sentences.ts'

/** English: the catalogue that the others are measured by. */
export const en = { ...sentences, ...commands, chat, doctor }
