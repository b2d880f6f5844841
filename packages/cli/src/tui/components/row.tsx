import { Box, Text } from 'ink'
import { memo } from 'react'
import { paint, type Span } from '../theme.ts'

/** One row of the screen. A row without text still takes its height. */
export const Row = memo(function Row({ spans }: { spans: readonly Span[] }) {
  return (
    <Box height={1} flexShrink={0}>
      <Text wrap="truncate">{paint(spans) || ' '}</Text>
    </Box>
  )
})
