/** How many colours the style sheet has for names. Each is readable on the background of either theme. */
const HUES = 8

/** The same name has the same colour everywhere. */
export function hueOf(uid: string): number {
  let hash = 0
  for (let i = 0; i < uid.length; i++) hash = (Math.imul(hash, 31) + uid.charCodeAt(i)) >>> 0
  return hash % HUES
}
