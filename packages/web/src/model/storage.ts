/**
 * What the page remembers on this device, under its own prefix. A browser may refuse (private windows, blocked storage,
 * no room left): then the page forgets when it is closed, and nothing else is different.
 */
const PREFIX = 'poll-chat.'

const fallback = new Map<string, string>()

/** The JSON value kept under a name; `undefined` if there is none, or none that can be read. */
export function remembered(name: string): unknown {
  const json = read(PREFIX + name)
  if (json === undefined) return undefined
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

export function remember(name: string, value: unknown): void {
  const json = JSON.stringify(value)
  fallback.set(PREFIX + name, json)
  try {
    localStorage.setItem(PREFIX + name, json)
  } catch {
    // It stays in `fallback`, for as long as the page lives.
  }
}

export function forget(name: string): void {
  fallback.delete(PREFIX + name)
  try {
    localStorage.removeItem(PREFIX + name)
  } catch {
    // Nothing was kept there.
  }
}

/** The names that begin with a prefix. */
export function rememberedNames(prefix: string): string[] {
  const names = new Set(fallback.keys())
  try {
    for (let i = 0; i < localStorage.length; i++) names.add(localStorage.key(i) ?? '')
  } catch {
    // There is only `fallback`.
  }
  return [...names].filter((name) => name.startsWith(PREFIX + prefix)).map((name) => name.slice(PREFIX.length))
}

/** Calls back when another tab changed what is kept under a name. */
export function onChanged(name: string, listener: () => void): void {
  addEventListener('storage', (event) => {
    if (event.key === PREFIX + name || event.key === null) listener()
  })
}

function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? fallback.get(key)
  } catch {
    return fallback.get(key)
  }
}
