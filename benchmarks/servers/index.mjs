/**
 * The servers that do the same work. Each `start` gives `{ port, pids, dialect, stop }`, on fresh data, on the
 * server's core; `missing` says why there is none on this machine.
 */
import { startFloor } from './floor.mjs'
import { missingNchan, startNchan } from './nchan.mjs'
import { startPollChat } from './poll-chat.mjs'
import { missingSocketIo, startSocketIo } from './socket-io.mjs'

export const servers = {
  'poll-chat': { start: startPollChat, missing: () => undefined },
  floor: { start: startFloor, missing: () => undefined },
  nchan: { start: () => startNchan('nchan'), missing: missingNchan },
  'nchan-multi': { start: () => startNchan('nchan-multi'), missing: missingNchan },
  'socket.io': { start: startSocketIo, missing: missingSocketIo },
}
