// A few values by name, the least recently used one forgotten for a new one.

export type Remembered<T> = {
  get(name: string): T | undefined
  // Answers with what was forgotten for it.
  put(name: string, value: T): T | undefined
  forget(name: string): void
}

export function remembered<T>(most: number): Remembered<T> {
  const values = new Map<string, T>()
  let newest: string | undefined
  return {
    get: (name) => {
      const value = values.get(name)
      if (value === undefined || name === newest) return value
      // A map keeps the order in which names came.
      values.delete(name)
      values.set(name, value)
      newest = name
      return value
    },
    put: (name, value) => {
      values.delete(name)
      values.set(name, value)
      newest = name
      if (values.size <= most) return undefined
      const [oldest] = values.entries()
      if (oldest === undefined) return undefined
      values.delete(oldest[0])
      return oldest[1]
    },
    forget: (name) => void values.delete(name),
  }
}
