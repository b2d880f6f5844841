import type { CommandLine } from '../command-line.ts'
import { addAdmin } from './admin.ts'
import { addAsk } from './ask.ts'
import { addBackup } from './backup.ts'
import { addComplete } from './complete.ts'
import { addConfig } from './config.ts'
import { addDoctor } from './doctor.ts'
import { addExport } from './export.ts'
import { addHistory } from './history.ts'
import { addImport } from './import.ts'
import { addJoin } from './join.ts'
import { addRoomKey } from './room-key.ts'
import { addRooms } from './rooms.ts'
import { addSearch } from './search.ts'
import { addSend } from './send.ts'
import { addServe } from './serve.ts'
import { addTail } from './tail.ts'
import { addUid } from './uid.ts'
import { addWait } from './wait.ts'
import { addWho } from './who.ts'

export { start } from './start.ts'

/** Every command, in the order of `--help`: one file each. */
export const COMMANDS: readonly [name: string, add: (line: CommandLine) => void][] = [
  ['join', addJoin],
  ['send', addSend],
  ['tail', addTail],
  ['rooms', addRooms],
  ['room-key', addRoomKey],
  ['who', addWho],
  ['search', addSearch],
  ['history', addHistory],
  ['wait', addWait],
  ['ask', addAsk],
  ['serve', addServe],
  ['uid', addUid],
  ['admin', addAdmin],
  ['backup', addBackup],
  ['export', addExport],
  ['import', addImport],
  ['doctor', addDoctor],
  ['config', addConfig],
  ['complete', addComplete],
]
