/**
 * Clients come back after a random pause, half a second and more. A proof wants many faults in a short time: with this,
 * they come back at once. What they do then is the same.
 */
export function comeBackAtOnce(share = 0.02) {
  Math.random = () => share
}
