// A fault in how we were called: one sentence that says what was wrong and what to do, and the exit code for it.
export class UsageError extends Error {
  readonly exit: number
  constructor(message: string, exit = 2) {
    super(message)
    this.name = 'UsageError'
    this.exit = exit
  }
}
