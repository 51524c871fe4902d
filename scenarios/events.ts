// What happened, line by line: the one stream that every report is made from. Nothing that is not in here can be
// reported. Secrets are masked before they get here; bytes are as they travelled.
import type { AnswerClass, MessageType, Text } from '../wire/wire.ts'
import type { Role } from './subject.ts'

export type PartyView = {
  readonly id: string
  readonly role: 'switch' | 'institution' | 'acquirer' | 'bank'
  readonly label: Text
  readonly subject: boolean
}

/** pass … not shown: what was shown. A gap closed is a failure: the list of excuses is checked as well. */
export type Verdict = 'pass' | 'fail' | 'warn' | 'not applicable' | 'not shown' | 'known gap' | 'gap closed'
/** Whose fault a missing pass is. */
export type Cause = 'subject' | 'configuration' | 'environment' | 'undecidable' | 'harness'

export type PostingView = {
  readonly id: string
  readonly item?: string
  readonly transaction?: string
  readonly clearingDay?: string
  readonly what?: string
  readonly lines: readonly {
    readonly account: string
    readonly side: 'debit' | 'credit'
    readonly amount: string
  }[]
}

export type Where = { readonly file: string; readonly line: number; readonly column: number }

type OfPage = { readonly page: string; readonly at: string }

/** A message as it travelled. `n` counts from 1 within the page. `raw` is base64 of the bytes on the wire. */
export type MessageEvent = OfPage & {
  readonly event: 'message'
  readonly n: number
  readonly from: string
  readonly to: string
  readonly path: string
  readonly contentType: string
  readonly type?: MessageType
  /** For a reply: the number of the request it answers. */
  readonly replyTo?: number
  readonly fate: 'delivered' | 'lost' | 'late'
  readonly raw: string
  readonly head?: Readonly<Record<string, string>>
  /** Decrypted domain bytes, masked. Absent when nobody on the stage holds the key. */
  readonly domain?: string
  readonly fields?: Readonly<Record<string, unknown>>
  readonly class?: AnswerClass
  readonly repeated?: boolean
  /** What was done to it on purpose. */
  readonly forged?: Text
  /** What the stage found wrong on opening it. */
  readonly refused?: {
    readonly class: string
    readonly step: string
    readonly field: string
    readonly offset?: number
    readonly rule: Text
  }
}

export type ControlEvent = OfPage & {
  readonly event: 'control'
  readonly method: string
  readonly path: string
  readonly status: number
  readonly request?: unknown
  readonly reply?: unknown
}
export type TimeEvent = OfPage & { readonly event: 'time'; readonly to: string; readonly because: Text }
export type RestartEvent = OfPage & { readonly event: 'restart'; readonly party: string }

/** One thing that was expected, judged by itself. `evidence` are message numbers of the page. */
export type ExpectationEvent = OfPage & {
  readonly event: 'expectation'
  readonly n: number
  readonly what: Text
  readonly result: 'held' | 'broken' | 'undecided'
  readonly expected: string
  readonly observed: string
  readonly evidence: readonly number[]
  readonly where: Where
  /** The wire field at fault, where there is one. */
  readonly field?: string
  /** What was judged, by the name that the oracles give it, where they judge the same. */
  readonly item?: string
}

export type LedgerEvent = OfPage & {
  readonly event: 'ledger'
  readonly before: Readonly<Record<string, string>>
  readonly after: Readonly<Record<string, string>>
  readonly postings: readonly PostingView[]
}

/** What two oracles found of one invariant on the page, from messages and control replies alone. */
export type InvariantEvent = OfPage & {
  readonly event: 'invariant'
  readonly invariant: string
  /** disputed: the oracles judged the same and differ, which is a defect of ours. */
  readonly result: 'holds' | 'violated' | 'undecidable' | 'disputed'
  readonly by: readonly ('states' | 'ledger' | 'page')[]
  /** How many payments, balances, codes or queries it was judged on; the text is about the worst of them. */
  readonly items: number
  readonly because: Text
  readonly evidence: readonly number[]
}

/** What the clinic makes of a message of the subject that was refused at its signature or its sealed block. */
export type DiagnosisEvent = OfPage & {
  readonly event: 'diagnosis'
  readonly n: number
  /** Ids of the mistakes that explain it; none where no known mistake does. */
  readonly mistakes: readonly string[]
  readonly what: Text
  readonly fix: Text
}

export type PageStart = OfPage & {
  readonly event: 'page.start'
  /** Catalogue row; several cases of a family share one. */
  readonly row: string
  readonly case?: string
  readonly title: Text
  readonly given: Text
  readonly clause: string
  readonly severity: 'blocker' | 'major' | 'minor'
  readonly role: 'account-institution' | 'acquirer' | 'both' | 'network'
  readonly group: string
  readonly parties: readonly PartyView[]
  readonly where: Where
}

export type PageEnd = OfPage & {
  readonly event: 'page.end'
  readonly row: string
  readonly verdict: Verdict
  readonly cause?: Cause
  readonly because?: Text
  readonly durationMs: number
}

export type RunStart = {
  readonly event: 'run.start'
  readonly at: string
  readonly run: string
  readonly version: string
  readonly profile: string
  readonly seed: string
  readonly revision: string
  readonly subject: {
    readonly name: string
    readonly kind: 'in-process' | 'http' | 'spawn'
    readonly url?: string
    readonly features: readonly string[]
  }
  readonly pages: number
  /** True when the pages were all that the revision requires; false when they were chosen. */
  readonly whole?: boolean
  /** Which part of how many, when the pages are divided among machines, such as 2/5. */
  readonly part?: string
  /** The options that a page is played again with: all that its outcome depends on, but not which pages. */
  readonly command?: readonly string[]
}

export type RowResult = {
  readonly row: string
  readonly group: string
  readonly severity: string
  readonly role: string
  readonly verdict: Verdict
  readonly because?: Text
}

/** What came of the rows of one role, when more than one was judged or it was not the institution's. */
export type RoleResult = {
  readonly role: Role
  readonly counts: Readonly<Record<Verdict, number>>
  readonly pages: number
}

export type RunEnd = {
  readonly event: 'run.end'
  readonly at: string
  readonly verdict: 'pass' | 'fail' | 'incomplete' | 'harness defect' | 'unreachable' | 'interrupted'
  readonly exit: number
  readonly counts: Readonly<Record<Verdict, number>>
  /** Every required row with its one verdict, worst case first among its cases. */
  readonly rows: readonly RowResult[]
  /** Each role that was judged, where the acquirer was. */
  readonly roles?: readonly RoleResult[]
  /** Catalogue rows of which the revision has no page yet: listed, never counted as passed. */
  readonly without: number
  readonly catalogue: number
  readonly messages: number
  readonly durationMs: number
  /** SM3 over the opened messages in order; equal for equal seed and version. */
  readonly transcript: string
  /** Pages that were chosen and not reached, and why the run stopped before them. */
  readonly unreached?: { readonly pages: number; readonly because: Text }
}

export type PageEvent =
  | MessageEvent
  | ControlEvent
  | TimeEvent
  | RestartEvent
  | ExpectationEvent
  | InvariantEvent
  | DiagnosisEvent
  | LedgerEvent
export type RunEvent = RunStart | PageStart | PageEvent | PageEnd | RunEnd
