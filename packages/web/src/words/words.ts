import { computed, signal } from '@preact/signals'
import { remember, remembered } from '../model/storage.ts'
import { en, type Words } from './en.ts'
import { zh } from './zh.ts'

export const LANGUAGES = { en: 'English', zh: '中文' } as const
export type Language = keyof typeof LANGUAGES

const KEY = 'language'

/** The language of the page: what was chosen here, else the browser's. */
export const language = signal<Language>(initial())

/** Read it while rendering: `words.value.send`. */
export const words = computed<Words>(() => (language.value === 'zh' ? zh : en))

export function chooseLanguage(chosen: Language): void {
  language.value = chosen
  remember(KEY, chosen)
}

function initial(): Language {
  const chosen = remembered(KEY)
  if (chosen === 'en' || chosen === 'zh') return chosen
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}
