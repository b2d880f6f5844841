import { Box, type Key, useCursor, useInput, usePaste, useStdout } from 'ink'
import { useEffect, useSyncExternalStore } from 'react'
import type { View } from '../view.ts'
import { Row } from './row.tsx'

export type ChatScreenProps = {
  subscribe: (listener: () => void) => () => void
  view: () => View
  onKey: (input: string, key: Key) => void
  onPaste: (text: string) => void
  /** Takes a function that writes above what is drawn. */
  onWriter: (write: (text: string) => void) => void
}

/** The whole screen. It only shows rows that are wrapped already, and puts the real cursor where an IME looks for it. */
export function ChatScreen({ subscribe, view, onKey, onPaste, onWriter }: ChatScreenProps) {
  const { size, lines, cursor } = useSyncExternalStore(subscribe, view)
  const { setCursorPosition } = useCursor()
  setCursorPosition(cursor)
  useInput(onKey)
  usePaste(onPaste)
  const { write } = useStdout()
  useEffect(() => onWriter(write), [onWriter, write])
  return (
    <Box flexDirection="column" width={size.columns} height={lines.length} overflow="hidden">
      {lines.map((line) => (
        <Row key={line.key} spans={line.spans} />
      ))}
    </Box>
  )
}
