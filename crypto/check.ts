// Argument checks: every exported function names the argument that is wrong before it does anything else.
// Messages say kind and size, never content, because the content may be a key.

// Enough to recognise a misspelt name by.
const NAME_SHOWN_MAX = 24

export type Random = (n: number) => Uint8Array

export function checkBytes(name: string, value: Uint8Array, length?: number): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${name} must be bytes, got ${kindOf(value)}`)
  if (length !== undefined && value.length !== length) {
    throw new RangeError(`${name} must be ${length} bytes, got ${value.length}`)
  }
  return value
}

export function checkText(name: string, value: string): string {
  if (typeof value !== 'string') throw new TypeError(`${name} must be a string, got ${kindOf(value)}`)
  return value
}

export function checkWhole(name: string, value: number, min: number, max: number): number {
  if (typeof value !== 'number') throw new TypeError(`${name} must be a number, got ${kindOf(value)}`)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name} must be a whole number from ${min} to ${max}, got ${value}`)
  }
  return value
}

export function checkOneOf<T extends string | boolean>(name: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) {
    const got = typeof value === 'string' ? `'${value.slice(0, NAME_SHOWN_MAX)}'` : kindOf(value)
    throw new TypeError(`${name} must be one of ${allowed.map(String).join(', ')}, got ${got}`)
  }
  return value
}

// Chance comes from outside, so what it hands over is checked like any other argument.
export function draw(random: Random, n: number): Uint8Array {
  if (typeof random !== 'function') throw new TypeError(`random must be a function, got ${kindOf(random)}`)
  return checkBytes(`random(${n})`, random(n), n)
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : typeof value
}
