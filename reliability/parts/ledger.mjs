/** What was acknowledged, what the log holds, and what readers were shown, compared. */

/** Every writer's texts are unique in its room: a text that is there twice was sent once and stored twice. */
export function compareLog(log, acknowledged) {
  const byId = new Map(log.map((message) => [message.id, message]))
  const lost = acknowledged.filter((message) => !isSame(byId.get(message.id), message)).length
  return { lost, doubled: log.length - new Set(log.map(({ text }) => text)).size, disordered: disorderIn(log) }
}

/** `log` is the part of it that the reader should have been shown. */
export function compareShown(log, shown) {
  const seen = new Set(shown.map(({ id }) => id))
  const stored = new Set(log.map(({ id }) => id))
  return {
    unstored: shown.filter(({ id }) => !stored.has(id)).length,
    lost: log.filter(({ id }) => !seen.has(id)).length,
    twice: shown.length - seen.size,
    disordered: disorderIn(shown),
  }
}

/** Adds the comparison with the log to the figures. */
export function judgeLog(figures, log, acknowledged) {
  const { lost, doubled, disordered } = compareLog(log, acknowledged)
  figures.note('messages acknowledged', acknowledged.length)
  figures.exactly('acknowledged and lost', lost, 0)
  figures.exactly('stored twice', doubled, 0)
  figures.exactly('out of order in the log', disordered, 0)
}

/** Waits until all readers have seen the whole log, and adds what they were shown to the figures, by their ways. */
export async function judgeReaders(figures, readers, log, withinMs = 120_000) {
  const totals = new Map(readers.map(({ way }) => [way, { lost: 0, twice: 0, disordered: 0, unstored: 0 }]))
  for (const reader of readers) {
    await reader.untilSeen(log.length, withinMs).catch((error) => console.error(error.message))
    await reader.close()
    const total = totals.get(reader.way)
    for (const [fault, count] of Object.entries(compareShown(log, reader.messages))) total[fault] += count
  }
  for (const [way, { lost, twice, disordered, unstored }] of totals) {
    figures.exactly(`${way}: not shown`, lost, 0)
    figures.exactly(`${way}: shown twice`, twice, 0)
    figures.exactly(`${way}: out of order`, disordered, 0)
    figures.exactly(`${way}: shown and not in the log`, unstored, 0)
  }
}

function disorderIn(messages) {
  return messages.filter(({ index }, place) => place > 0 && index <= messages[place - 1].index).length
}

function isSame(stored, message) {
  return stored?.index === message.index && stored.text === message.text && stored.from.uid === message.from.uid
}
