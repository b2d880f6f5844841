import type { Said } from './items.ts'
import type { Keep } from './keep.ts'
import type { Theme } from './theme.ts'
import type { Size, Where } from './view.ts'

/** `isBusy` says that the terminal has not taken the last frame yet. */
export type StoreOptions = {
  where: Where
  size: Size
  theme: Theme
  isInline?: boolean
  keep?: Keep | undefined
  isBusy?: () => boolean
  onSaid?: (item: Said) => void
  onTyped?: () => void
}
