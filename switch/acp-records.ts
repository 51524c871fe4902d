// What the gateway keeps: each transaction of a merchant as it was asked for, and what became of it by the switch's word.
import { kind } from '../store/store.ts'
import { type Charset, classOf, type AnswerClass } from '../wire/wire.ts'
import type { AcpMethod } from './acp-merchants.ts'

/** order: it waits for a payer; the others are what the network calls them. */
export type AcpKind = 'purchase' | 'order' | 'void' | 'refund'

export type AcpItem = {
  readonly merchant: string
  readonly orderId: string
  readonly txnTime: string
  /** The order number under which the switch knows it. */
  readonly order: string
  readonly kind: AcpKind
  readonly txnType: string
  readonly txnSubType: string
  readonly bizType: string
  readonly channelType: string
  readonly amount: bigint
  readonly currency: string
  readonly version: string
  readonly method: AcpMethod
  readonly charset: Charset
  readonly backUrl?: string
  readonly frontUrl?: string
  readonly reserved?: string
  readonly orderDesc?: string
  readonly tn?: string
  /** Of the transaction that a void or refund is about. */
  readonly of?: string
  readonly ofQueryId?: string
  /** Until the switch has said a final word. */
  readonly state: 'OPEN' | 'DONE' | 'FAILED' | 'REVERSED'
  /** The last reply code of the network. */
  readonly respCode: string
  readonly queryId?: string
  readonly clearingDay?: string
}

export const acpItems = kind<AcpItem>('acp-item')
/** By the switch's order number and time, and by its own transaction number. */
export const acpByOrder = kind<{ readonly id: string }>('acp-order')
export const acpByQueryId = kind<{ readonly id: string }>('acp-query-id')
export const acpByTn = kind<{ readonly id: string }>('acp-tn')

export const acpKey = (merchant: string, txnTime: string, orderId: string): string =>
  `${merchant}.${txnTime}.${orderId}`
export const orderKeyOf = ({ order, txnTime }: Pick<AcpItem, 'order' | 'txnTime'>): string =>
  `${txnTime}.${order}`

/** Codes of ours in the network's published words (facts/unionpay 1.9); which of them is nearest is our choice. */
const PUBLISHED: Readonly<Record<string, string>> = {
  R0: '10',
  R1: '10',
  R2: '32',
  R3: '10',
  R4: '12',
  R5: '10',
  R6: '12',
  D0: '35',
  D1: '10',
  D2: '61',
  D3: '61',
  D4: '36',
  D5: '33',
  D6: '30',
  D7: '30',
  D8: '30',
}

export function published(code: string): string {
  const known: AnswerClass | undefined = classOf(code)
  return PUBLISHED[code] ?? (known === undefined ? '04' : code)
}
