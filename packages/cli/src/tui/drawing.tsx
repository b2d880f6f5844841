/** The only file that loads Ink and React: the first frame does not wait for them. */
import type { WriteStream } from 'node:tty'
import { render } from 'ink'
import { ChatScreen, type ChatScreenProps } from './components/chat-screen.tsx'
import type { Display } from './first-frame.ts'
import type { PacedOutput } from './paced-output.ts'
import type { TerminalInput } from './terminal-input.ts'

type Streams = { stdin: TerminalInput; stdout: PacedOutput | WriteStream; isInline: boolean }

/** Draws what changes from now on. `ended` settles when it does so no more. */
export function startDrawing(
  props: ChatScreenProps,
  { stdin, stdout, isInline }: Streams,
): Display & { ended: Promise<unknown> } {
  const screen = <ChatScreen {...props} />
  const ink = render(screen, {
    stdin,
    stdout,
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 60, // the store asks for a few frames only; a key must not wait for the next of them
  })
  return {
    clear: ink.clear,
    rerender: () => ink.rerender(screen),
    end() {
      if (isInline) ink.rerender(null)
      ink.unmount()
    },
    ended: ink.waitUntilExit(),
  }
}
