// What the acquirer keeps, the states a sale and a refund may move through, and what each state does with news.
import { kind, type Put, type Store } from '../store/store.ts'
import type { AnswerClass, Fields, World } from '../wire/wire.ts'

export type AcquirerWorld = World<Store> & { readonly switchId: string }

/** SENT and PENDING: a purchase was sent. OPEN and CLOSING: a merchant code or an online order that a payer may still pay. */
export type SaleState =
  | 'SENT'
  | 'PENDING'
  | 'OPEN'
  | 'CLOSING'
  | 'CLOSED'
  | 'SUCCESS'
  | 'FAILED'
  | 'REVERSING'
  | 'REVERSED'
  | 'VOIDED'
  | 'PART_REFUNDED'
  | 'REFUNDED'
export type RefundState = 'R_PENDING' | 'R_SUCCESS' | 'R_FAILED'
/** UNDOING and UNDONE: the void itself is reversed (撤销冲正), and the sale stands again. */
export type VoidState = 'V_PENDING' | 'V_SUCCESS' | 'V_FAILED' | 'V_UNDOING' | 'V_UNDONE'

/** Legal moves. A refund that is final proves its sale paid, so an open sale may end refunded (NTF-004). */
export const SALE_NEXT: Readonly<Record<SaleState, readonly SaleState[]>> = {
  SENT: ['PENDING', 'SUCCESS', 'FAILED', 'REVERSING', 'REVERSED', 'PART_REFUNDED', 'REFUNDED'],
  PENDING: ['SUCCESS', 'FAILED', 'REVERSING', 'REVERSED', 'PART_REFUNDED', 'REFUNDED'],
  OPEN: ['CLOSING', 'CLOSED', 'SUCCESS'],
  CLOSING: ['CLOSED', 'SUCCESS'],
  CLOSED: [],
  SUCCESS: ['REVERSING', 'REVERSED', 'VOIDED', 'PART_REFUNDED', 'REFUNDED'],
  VOIDED: ['SUCCESS'],
  REVERSING: ['REVERSED'],
  PART_REFUNDED: ['PART_REFUNDED', 'REFUNDED'],
  FAILED: [],
  REVERSED: [],
  REFUNDED: [],
}

/** What the switch said about an item, whichever way it came. odd: it contradicts the order, itself or every table. */
export type Says = 'success' | 'failed' | 'reversed' | 'pending' | 'odd'

/** What a state does with news: becomes another, stays, ignores what came too late, or opens a case for a person,
 *  or sends money back that came for an order already closed. */
export type Step<State> = State | 'stays' | 'ignores' | 'case' | 'gives-back'

export const SALE_HEARS: Readonly<Record<SaleState, Readonly<Record<Says, Step<SaleState>>>>> = {
  SENT: { success: 'SUCCESS', failed: 'FAILED', reversed: 'REVERSED', pending: 'PENDING', odd: 'case' },
  PENDING: { success: 'SUCCESS', failed: 'FAILED', reversed: 'REVERSED', pending: 'stays', odd: 'case' },
  OPEN: { success: 'SUCCESS', failed: 'stays', reversed: 'stays', pending: 'stays', odd: 'case' },
  CLOSING: { success: 'SUCCESS', failed: 'stays', reversed: 'stays', pending: 'stays', odd: 'case' },
  CLOSED: { success: 'gives-back', failed: 'stays', reversed: 'stays', pending: 'ignores', odd: 'case' },
  VOIDED: { success: 'ignores', failed: 'case', reversed: 'case', pending: 'ignores', odd: 'case' },
  SUCCESS: { success: 'stays', failed: 'case', reversed: 'REVERSED', pending: 'stays', odd: 'case' },
  REVERSING: { success: 'ignores', failed: 'stays', reversed: 'REVERSED', pending: 'stays', odd: 'case' },
  REVERSED: { success: 'ignores', failed: 'stays', reversed: 'stays', pending: 'ignores', odd: 'case' },
  FAILED: { success: 'case', failed: 'stays', reversed: 'stays', pending: 'ignores', odd: 'case' },
  PART_REFUNDED: { success: 'stays', failed: 'case', reversed: 'case', pending: 'stays', odd: 'case' },
  REFUNDED: { success: 'stays', failed: 'case', reversed: 'case', pending: 'stays', odd: 'case' },
}

export const REFUND_HEARS: Readonly<Record<RefundState, Readonly<Record<Says, Step<RefundState>>>>> = {
  R_PENDING: { success: 'R_SUCCESS', failed: 'R_FAILED', reversed: 'case', pending: 'stays', odd: 'case' },
  R_SUCCESS: { success: 'stays', failed: 'case', reversed: 'case', pending: 'ignores', odd: 'case' },
  R_FAILED: { success: 'case', failed: 'stays', reversed: 'case', pending: 'ignores', odd: 'case' },
}

type Item = {
  readonly order: string
  readonly orderTime: string
  readonly merchant: string
  readonly amount: bigint
  readonly currency: string
  readonly digest: string
  /** The network's id and day, from the first message that told them. */
  readonly transaction?: string
  readonly clearingDay?: string
  /** Reasons for which a case stands open; each is opened once. */
  readonly cases: readonly string[]
}

export type Legs = Fields<'notify.payee'>['legs']

export type Sale = Item & {
  readonly terminal: string
  /** How the payer comes to it: a code shown to the till, a code of the merchant's, a page. */
  readonly channel?: 'code' | 'online'
  /** The switch's own numbers and addresses for a code or an order, and the instant at which it ends. */
  readonly shown?: { readonly qrCode?: string; readonly tn?: string; readonly link?: string }
  readonly validUntil?: string
  /** What the payer paid of the amount, and who paid the rest, from the first message that told it. */
  readonly paid?: bigint
  readonly legs?: Legs
  /** What the acquirer keeps of the sale. */
  readonly fee: bigint
  /** Chargebacks that are open: nothing is refunded meanwhile (RFD-023). */
  readonly disputed: boolean
  readonly state: SaleState
  /** What the purchase itself was answered. */
  readonly said?: AnswerClass
  /** The id of its reversal, should there be one: the same at every try (REV-013). */
  readonly reversal: string
  /** The definite no to its reversal: a person's from then on. */
  readonly reversalRefused?: AnswerClass
  readonly refunded: bigint
  readonly deliveries: number
  /** Whether the merchant is credited with it now. */
  readonly posted: boolean
}

export type Refund = Item & {
  readonly of: string
  readonly memo?: string
  /** A payment that the sale is not credited with: paid twice, or paid when it was closed. */
  readonly givesBack?: string
  readonly state: RefundState
  readonly said?: AnswerClass
}

export type Void = Item & {
  readonly of: string
  readonly state: VoidState
  readonly said?: AnswerClass
  /** The id of its undoing: the same at every try. */
  readonly reversal: string
}

/** What the acquirer knows of a merchant. Without `unsettled` its funds are not watched. */
export type Merchant = {
  readonly feeBasisPoints: bigint
  readonly unsettled?: bigint
  readonly deposit: bigint
}

export type Notice = Fields<'notify.payee'>

export const sales = kind<Sale>('sale')
export const refunds = kind<Refund>('refund')
export const voids = kind<Void>('void')
export const merchants = kind<Merchant>('merchant')
export const notices = kind<{ readonly digest: string; readonly contradicted: boolean }>('notice')
export const orphans = kind<{ readonly notices: readonly Notice[] }>('orphan')
export const nonces = kind<{ readonly seen: true }>('nonce')

export const itemId = ({ order, orderTime }: { order: string; orderTime: string }): string =>
  `${orderTime}.${order}`
/** What the journal and the orphans call an item: a sale and a refund may bear the same order id. */
export const saleItem = (id: string): string => `sale.${id}`
export const refundItem = (id: string): string => `refund.${id}`
export const voidItem = (id: string): string => `void.${id}`

/** What a till asked for and may not have: nothing was written or sent. */
export class TillRefusal extends Error {}

export function move(sale: Sale, to: SaleState): Sale {
  if (!SALE_NEXT[sale.state].includes(to))
    throw new Error(`sale ${itemId(sale)}: ${sale.state} may not become ${to}`)
  return { ...sale, state: to }
}

export const BY_TRANSACTION = 'transaction'
export const OWED = 'reversal-owed'
export const owedAt = ({ merchant, terminal }: { merchant: string; terminal: string }): string =>
  `${merchant}.${terminal}`

/** While its reversal is insisted upon, a sale is found by its terminal, which may sell nothing else (REV-011). */
export function putSale(sale: Sale): Put {
  const owed = sale.state === 'REVERSING' && sale.reversalRefused === undefined
  const { transaction } = sale
  return sales.put(itemId(sale), sale, {
    indexed: {
      ...(owed && { [OWED]: owedAt(sale) }),
      ...(transaction !== undefined && { [BY_TRANSACTION]: transaction }),
    },
  })
}

/** The one shop of this acquirer. */
export const SHOP = {
  merchant: '777290058110048',
  merchantName: '四方测试商户甲',
  merchantCategory: '5411',
  currency: '156',
} as const
