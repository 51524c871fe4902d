// A list that stays sorted while items come and go: the memory store's indexes, due jobs and expiries.
// It is cut into chunks, so that adding to a million items moves at most a thousand of them.

export type Sorted<T> = {
  add(item: T): void
  /** Removes the item that compares equal; one that is not there is no error. */
  remove(item: T): void
  first(): T | undefined
  /** Items from the first that does not lie before `bound`, in order. Do not add or remove meanwhile. */
  from(bound: T): Iterable<T>
}

/** Chunks are cut in half at this size: above it moving items, below it finding the chunk would cost more. */
const CHUNK_ITEMS_MAX = 1_024

/** `compare` must tell any two items apart that are not to replace each other. */
export function sorted<T>(compare: (a: T, b: T) => number): Sorted<T> {
  const chunks: T[][] = []

  /** The first chunk whose last item does not lie before `item`. */
  const chunkFor = (item: T): number => firstNotBefore(chunks, (chunk) => compare(chunk.at(-1) as T, item))
  const placeIn = (chunk: readonly T[], item: T): number => firstNotBefore(chunk, (at) => compare(at, item))

  return {
    add(item) {
      const index = Math.min(chunkFor(item), Math.max(chunks.length - 1, 0))
      const chunk = chunks[index]
      if (chunk === undefined) {
        chunks.push([item])
        return
      }
      chunk.splice(placeIn(chunk, item), 0, item)
      if (chunk.length > CHUNK_ITEMS_MAX) chunks.splice(index + 1, 0, chunk.splice(CHUNK_ITEMS_MAX / 2))
    },
    remove(item) {
      const index = chunkFor(item)
      const chunk = chunks[index]
      if (chunk === undefined) return
      const place = placeIn(chunk, item)
      if (compare(chunk[place] as T, item) !== 0) return
      if (chunk.length === 1) chunks.splice(index, 1)
      else chunk.splice(place, 1)
    },
    first: () => chunks[0]?.[0],
    *from(bound) {
      for (let index = chunkFor(bound); index < chunks.length; index++) {
        const chunk = chunks[index] as T[]
        const start = compare(chunk[0] as T, bound) < 0 ? placeIn(chunk, bound) : 0
        for (let place = start; place < chunk.length; place++) yield chunk[place] as T
      }
    },
  }
}

/** Where the items that lie before something end; `side` says for one item on which side it lies. */
function firstNotBefore<T>(items: readonly T[], side: (item: T) => number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (side(items[middle] as T) < 0) low = middle + 1
    else high = middle
  }
  return low
}

export const compareTexts = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
