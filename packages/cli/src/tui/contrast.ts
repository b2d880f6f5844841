/** Red, green and blue from 0 to 255. */
export type Rgb = readonly [number, number, number]

/** Contrast of two colours from 1 to 21. WCAG 2.2, "contrast ratio": 4.5 is enough for text. */
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

/** Whether white can be read on it better than black. */
export function isDark(ground: Rgb): boolean {
  return contrast(ground, [255, 255, 255]) > contrast(ground, [0, 0, 0])
}

function luminance([red, green, blue]: Rgb): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

function linear(channel: number): number {
  const value = channel / 255
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
}

/** What a colour from 16 to 255 of a terminal's 256 looks like: a cube of 6 × 6 × 6, then 24 greys. */
export function rgbOf256(colour: number): Rgb {
  if (colour >= 232) {
    const grey = 8 + (colour - 232) * 10
    return [grey, grey, grey]
  }
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40)
  const cube = colour - 16
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)]
}

/** `ffff/0000/8080`, as a terminal answers OSC 11, each channel with one to four hex digits. */
export function parseRgb(answer: string): Rgb | undefined {
  const channels = /^rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/i.exec(answer)
  if (!channels) return undefined
  const [red, green, blue] = channels.slice(1).map((hex) => (Number.parseInt(hex, 16) / (16 ** hex.length - 1)) * 255)
  return [red ?? 0, green ?? 0, blue ?? 0]
}
