// What a change can reject with besides what `decide` threw and what the machinery under it reports.

/** A job that `finish` named is held under another lease, or exists no more; nothing of the change was done. */
export class JobLost extends Error {
  readonly jobId: string
  constructor(jobId: string) {
    super(`job ${jobId} is no longer held under its lease: another node has it, or it has been finished`)
    this.name = 'JobLost'
    this.jobId = jobId
  }
}

/** The connection or the disk failed while a change was being committed: it may have happened, whole, or not. */
export class OutcomeUnknown extends Error {
  constructor(because: string, cause: unknown) {
    super(`it is unknown whether the change was made: ${because}; read the rows before doing it again`, {
      cause,
    })
    this.name = 'OutcomeUnknown'
  }
}
