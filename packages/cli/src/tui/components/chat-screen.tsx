import { Box, type Key, useCursor, useInput, usePaste } from 'ink'
import { useSyncExternalStore } from 'react'
import type { View } from '../view.ts'
import { Row } from './row.tsx'

type Props = {
  subscribe: (listener: () => void) => () => void
  view: () => View
  onKey: (input: string, key: Key) => void
  onPaste: (text: string) => void
}

/** The whole screen. It only shows rows that are wrapped already, and puts the real cursor where an IME looks for it. */
export function ChatScreen({ subscribe, view, onKey, onPaste }: Props) {
  const { size, lines, cursor } = useSyncExternalStore(subscribe, view)
  const { setCursorPosition } = useCursor()
  setCursorPosition(cursor)
  useInput(onKey)
  usePaste(onPaste)
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows} overflow="hidden">
      {lines.map((line) => (
        <Row key={line.key} spans={line.spans} />
      ))}
    </Box>
  )
}
