/** Medians, quantiles and how figures are written. */

export function median(values) {
  return quantile(values, 0.5)
}

/** Linear between the two neighbours, so that the median of an even number is what everybody expects. */
export function quantile(values, q) {
  if (values.length === 0) return undefined
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const low = Math.floor(at)
  return sorted[low] + (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]) * (at - low)
}

/** Counts of durations in log-linear classes less than 1 % wide: millions of deliveries in constant memory. */
export class Histogram {
  /** 256 classes for each doubling, from 1 µs. */
  #classes = new Uint32Array(256 * 30)
  count = 0
  max = 0

  add(milliseconds) {
    const micros = Math.max(1, milliseconds * 1000)
    this.#classes[Math.min(this.#classes.length - 1, Math.floor(Math.log2(micros) * 256))]++
    this.count++
    if (milliseconds > this.max) this.max = milliseconds
  }

  /** In milliseconds; undefined when nothing was counted. */
  quantile(q) {
    if (this.count === 0) return undefined
    let left = Math.min(this.count - 1, Math.floor(q * this.count))
    for (let i = 0; i < this.#classes.length; i++) {
      left -= this.#classes[i]
      if (left < 0) return Math.min(this.max, 2 ** ((i + 0.5) / 256) / 1000)
    }
    return this.max
  }
}

/** Three digits that count: 12,345 · 123 · 12.3 · 1.23. */
export function formatNumber(value) {
  if (value === undefined || Number.isNaN(value)) return '–'
  const size = Math.abs(value)
  const decimals = size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
}

export function round(value, digits = 3) {
  return value === undefined ? undefined : Number(value.toPrecision(Math.max(digits, 6)))
}
