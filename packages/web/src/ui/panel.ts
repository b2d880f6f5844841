/** What lies over the open room. */
export type Panel = 'none' | 'rooms' | 'people' | 'search' | 'settings'
