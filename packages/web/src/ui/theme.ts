import { effect, signal } from '@preact/signals'
import { remember, remembered } from '../model/storage.ts'

export type Theme = 'auto' | 'light' | 'dark'

const KEY = 'theme'

export const theme = signal<Theme>(initial())

export function chooseTheme(chosen: Theme): void {
  theme.value = chosen
  remember(KEY, chosen)
}

/** The style sheet does the rest. */
export function applyTheme(): void {
  effect(() => {
    document.documentElement.dataset.theme = theme.value
  })
}

function initial(): Theme {
  const kept = remembered(KEY)
  return kept === 'light' || kept === 'dark' ? kept : 'auto'
}
