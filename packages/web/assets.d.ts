/** A file of the page. `path` is where it is served; a hash in it changes with the content, so it may be kept for ever. */
export type Asset = { path: string; type: string; body: string }

/** The page itself; it loads nothing but the assets. */
export const page: string

export const assets: readonly Asset[]
