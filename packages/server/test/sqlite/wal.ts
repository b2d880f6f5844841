import { readFileSync } from 'node:fs'
import type { Search } from '../../src/log/contract.ts'
import { readTerms } from '../../src/log/search-words.ts'

/**
 * How many transactions a database's write-ahead log holds: https://www.sqlite.org/fileformat2.html#walformat. The last
 * frame of each carries the size of the database after it; a frame of another salt is left from an earlier round.
 */
export function committedTransactions(path: string): number {
  const wal = readFileSync(`${path}-wal`)
  const frameBytes = 24 + wal.readUInt32BE(8)
  const salt = wal.toString('hex', 16, 24)
  let commits = 0
  for (let frame = 32; frame + frameBytes <= wal.length; frame += frameBytes) {
    if (wal.toString('hex', frame + 8, frame + 16) === salt && wal.readUInt32BE(frame + 4) > 0) commits++
  }
  return commits
}

/** Resolves when the index for searching has nothing left to write of what was appended. */
export async function indexed(search: Search | undefined): Promise<void> {
  await search?.find({ terms: readTerms('x'), room: undefined, uid: undefined, before: undefined, limit: 1 })
}
