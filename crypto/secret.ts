// A value that hides itself: whatever prints it prints the hint. `reveal` is the word to grep for.
import { inspect } from 'node:util'

const NO_HINT = '[secret]'

export class Secret<T> {
  readonly #value: T
  readonly #hint: string

  constructor(value: T, hint: string = NO_HINT) {
    this.#value = value
    this.#hint = tells(hint, value) ? NO_HINT : hint
  }

  reveal(): T {
    return this.#value
  }

  toString(): string {
    return this.#hint
  }

  toJSON(): string {
    return this.#hint
  }

  [inspect.custom](): string {
    return this.#hint
  }
}

// A mask that keeps the last four characters prints a four-character value whole: such a value gets no hint.
function tells(hint: string, value: unknown): boolean {
  const shown = hint.toLowerCase()
  return spellings(value).some((spelling) => spelling !== '' && shown.includes(spelling.toLowerCase()))
}

function spellings(value: unknown): readonly string[] {
  if (value instanceof Uint8Array) {
    const bytes = Buffer.from(value)
    return (['hex', 'base64', 'base64url', 'utf8', 'latin1'] as const).map((form) => bytes.toString(form))
  }
  return typeof value === 'object' || typeof value === 'function' ? [] : [String(value)]
}
