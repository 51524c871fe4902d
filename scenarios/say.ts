// An edge step → the message it means. Every field is honest unless the page names another value.
import { clearingDayOf } from '../clearing/clearing.ts'
import type { Forge } from '../mocks/mocks.ts'
import {
  type Fields,
  MESSAGES,
  type Profile,
  type RequestType,
  type Text,
  claimedHead,
  type Sealed,
} from '../wire/wire.ts'
import { type AcquirerName, type Ids, MERCHANTS } from './ids.ts'
import type { EdgeStep, ForgeSpec } from './page.ts'
import { ACQUIRER_A, ACQUIRER_B, BANK, SWITCH, type TestNetwork } from './parties.ts'

export type Loose = Readonly<Record<string, unknown>>
export type Planned = {
  readonly name: string
  readonly type: RequestType
  readonly fields: Loose
  readonly forge: Forge
  readonly forged?: Text
}
export type SaidBefore = {
  readonly type: RequestType
  readonly fields: Loose
  readonly sealed: { readonly path: string; readonly contentType: string; readonly bytes: Uint8Array }
}

export type Say = {
  readonly ids: Ids
  readonly profile: Profile
  readonly network: TestNetwork
  now(): number
  said(name: string): SaidBefore
  code(name: string): { code: string; token: string }
  /** What else a name stands for: a user, a token, a code, a day, an order, an answer; undefined when nothing does. */
  named(name: string, path: string): string | undefined
  /** What a notice to an acquirer tells of one of its items; absent where the subject is no acquirer. */
  payee?(name: string): Loose
}

type Sends = {
  as?: string | undefined
  acquirer?: AcquirerName | undefined
  fields?: Record<string, string | undefined> | undefined
  without?: string[] | undefined
  forge?: ForgeSpec | undefined
}

export function plan(say: Say, step: Exclude<EdgeStep, { replay: unknown }>, count: number): Planned {
  if ('repeat' in step) {
    const before = say.said(step.repeat.of)
    const { forge, forged } = forgeOf(say, step.repeat.forge)
    return {
      name: step.repeat.as ?? `${step.repeat.of}-again${count}`,
      type: before.type,
      fields: { ...before.fields, ...overrides(say, before.type, step.repeat.fields) },
      forge,
      ...forged,
    }
  }
  if ('debit' in step)
    return made(
      say,
      'debit',
      step.debit,
      step.debit.as ?? `pay${count}`,
      debitFields(say, step.debit, step.debit.as ?? `pay${count}`),
    )
  if ('credit' in step)
    return made(
      say,
      'credit',
      step.credit,
      step.credit.as ?? `refund${count}`,
      creditFields(say, step.credit, step.credit.as ?? `refund${count}`),
    )
  if ('reverse' in step)
    return made(
      say,
      'debit.reverse',
      step.reverse,
      step.reverse.as ?? `reverse${count}`,
      reverseFields(say, step.reverse),
    )
  if ('query' in step)
    return made(
      say,
      'debit.query',
      step.query,
      step.query.as ?? `query${count}`,
      queryFields(say, step.query),
    )
  if ('void' in step) {
    const name = step.void.as ?? `void${count}`
    return made(say, 'debit.void', step.void, name, voidFields(say, step.void, name))
  }
  if ('say' in step) {
    const name = step.say.as ?? `said${count}`
    const type = step.say.type as RequestType
    return made(say, type, step.say, name, usualFields(say, type, step.say, name))
  }
  const name = step.notice.as ?? `notice${count}`
  if (say.payee !== undefined)
    return made(
      say,
      'notify.payee',
      step.notice,
      name,
      payeeFields(say.payee(step.notice.of), step.notice.state),
    )
  return made(say, 'notify.payer', step.notice, name, noticeFields(say, step.notice))
}

function made(say: Say, type: RequestType, sends: Sends, name: string, honest: Loose): Planned {
  const fields: Record<string, unknown> = { ...honest, ...overrides(say, type, sends.fields) }
  for (const absent of sends.without ?? []) delete fields[absent]
  const { forge, forged } = forgeOf(say, sends.forge)
  return { name, type, fields, forge, ...forged }
}

/** `$pay.order` within a text is that field of the message pay, as it was sent; other names are cast.ts's business. */
export const resolved = (say: Say, text: string): string =>
  text.replace(
    /\$([a-z][a-z0-9-]*)\.([A-Za-z0-9+-]+(?:\.[A-Za-z0-9]+)*)/g,
    (_, from: string, field: string) => say.named(from, field) ?? String(say.said(from).fields[field]),
  )

/** Values as the page gives them; amounts become whole numbers. */
function overrides(say: Say, type: RequestType, given: Record<string, string | undefined> = {}): Loose {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue
    const meant = resolved(say, value)
    const format = MESSAGES[type].find((row) => row.name === name)?.format
    fields[name] =
      (format === 'amount' || format === 'amount0') && /^[0-9]+$/.test(meant) ? BigInt(meant) : meant
  }
  return fields
}

const merchantOf = (name: AcquirerName | undefined) => MERCHANTS[name ?? 'A']
const dayOf = (say: Say): string => clearingDayOf(say.now(), say.profile.values.cutOff)

function debitFields(
  say: Say,
  step: Sends & { code?: string | undefined; amount: string },
  name: string,
): Loose {
  const { acquirer, merchant, merchantName, merchantCategory } = merchantOf(step.acquirer)
  const { code, token } =
    step.code === undefined
      ? { code: '6299999999999999999', token: '629999999999999999' }
      : say.code(step.code)
  const fields: Fields<'debit'> = {
    ...say.ids.item(name),
    acquirer,
    merchant,
    merchantName,
    merchantCategory,
    code,
    token,
    amount: BigInt(step.amount),
    currency: '156',
    clearingDay: dayOf(say),
  }
  return fields
}

function creditFields(
  say: Say,
  step: Sends & { of?: string | undefined; amount: string },
  name: string,
): Loose {
  const original = step.of === undefined ? undefined : say.said(step.of).fields
  const ids = step.of === undefined ? say.ids.item(`${name}-none`) : undefined
  const own = merchantOf(step.acquirer)
  const fields: Fields<'credit'> = {
    ...say.ids.item(name),
    acquirer: step.acquirer === undefined ? String(original?.['acquirer'] ?? own.acquirer) : own.acquirer,
    merchant: step.acquirer === undefined ? String(original?.['merchant'] ?? own.merchant) : own.merchant,
    origTransaction: String(original?.['transaction'] ?? ids?.transaction),
    origOrder: String(original?.['order'] ?? ids?.order),
    origOrderTime: String(original?.['orderTime'] ?? ids?.orderTime),
    amount: BigInt(step.amount),
    currency: '156',
    clearingDay: dayOf(say),
  }
  return fields
}

function voidFields(
  say: Say,
  step: Sends & { of?: string | undefined; amount?: string | undefined },
  name: string,
): Loose {
  const original = step.of === undefined ? undefined : say.said(step.of).fields
  const amount = step.amount ?? String(original?.['amount'] ?? 1)
  return { ...creditFields(say, { ...step, amount }, name) }
}

/** What most messages of the switch hold, where this one's table has it. */
function usualFields(say: Say, type: RequestType, step: Sends, name: string): Loose {
  const { terminal: _till, ...shop } = merchantOf(step.acquirer)
  const usual: Loose = { ...shop, ...say.ids.item(name), currency: '156', clearingDay: dayOf(say) }
  return Object.fromEntries(
    MESSAGES[type].flatMap((field) =>
      field.presence === 'always' && field.name in usual ? [[field.name, usual[field.name]]] : [],
    ),
  )
}

function reverseFields(
  say: Say,
  step: Sends & {
    of?: string | undefined
    before?: string | undefined
    id?: string | undefined
    amount?: string | undefined
  },
): Loose {
  const name = step.of ?? step.before ?? 'nothing'
  const known = step.of === undefined ? undefined : say.said(step.of)
  const original = known?.fields
  const ids = say.ids.item(name)
  const own = merchantOf(step.acquirer)
  const fields: Fields<'debit.reverse'> = {
    reversal: say.ids.reversal(step.id ?? name),
    acquirer: step.acquirer === undefined ? String(original?.['acquirer'] ?? own.acquirer) : own.acquirer,
    merchant: step.acquirer === undefined ? String(original?.['merchant'] ?? own.merchant) : own.merchant,
    order: String(original?.['order'] ?? ids.order),
    orderTime: String(original?.['orderTime'] ?? ids.orderTime),
    transaction: String(original?.['transaction'] ?? ids.transaction),
    clearingDay: dayOf(say),
    ...(known?.type === 'debit.void' && { about: 'void' }),
    ...(step.amount !== undefined && { amount: BigInt(step.amount), currency: '156' }),
  }
  return fields
}

function queryFields(say: Say, step: Sends & { of: string; by: 'order' | 'transaction' | 'both' }): Loose {
  const known = safely(() => say.said(step.of))
  const ids = known?.fields ?? say.ids.item(step.of)
  const own = merchantOf(step.acquirer)
  return {
    acquirer: step.acquirer === undefined ? String(known?.fields['acquirer'] ?? own.acquirer) : own.acquirer,
    asked: known?.type === 'credit' ? 'credit' : known?.type === 'debit.void' ? 'void' : 'debit',
    ...(step.by !== 'transaction' && {
      order: String(ids['order' as never]),
      orderTime: String(ids['orderTime' as never]),
    }),
    ...(step.by !== 'order' && { transaction: String(ids['transaction' as never]) }),
  }
}

function noticeFields(say: Say, step: Sends & { of: string; state: string }): Loose {
  const { type, fields } = say.said(step.of)
  const { transaction, acquirer, merchant, order, orderTime, amount, currency, clearingDay } = fields
  return {
    notice: `N${String(transaction)}P`,
    about: type === 'credit' ? 'refund' : 'purchase',
    transaction,
    acquirer,
    merchant,
    order,
    orderTime,
    amount,
    currency,
    state: step.state,
    answer: '00',
    clearingDay,
  }
}

/** A state of the item and the answer that goes with it; each state is told by a notice of its own. */
function payeeFields(item: Loose, state: string): Loose {
  const answer = state.endsWith('FAILED') ? '64' : state.endsWith('PENDING') ? '05' : '00'
  return {
    ...item,
    notice: `N${String(item['transaction'])}${state.replace(/_/g, '')}`,
    state,
    answer,
    ...(state === 'REVERSED' && { about: 'reversal' }),
  }
}

function safely<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}

const SIGNERS: Readonly<Record<string, string>> = {
  'acquirer-a': ACQUIRER_A,
  'acquirer-b': ACQUIRER_B,
  bank: BANK,
  switch: SWITCH,
}

function forgeOf(say: Say, spec: ForgeSpec | undefined): { forge: Forge; forged?: { forged: Text } } {
  if (spec === undefined) return { forge: {} }
  const { lift, cut, pad, packed, reordered, resigned, escaped, sign, head, headAfter, ...plain } = spec
  const named = {
    ...(head !== undefined && { head: namedHead(say, head) }),
    ...(headAfter !== undefined && { headAfter: namedHead(say, headAfter) }),
  }
  const signer = sign === undefined ? undefined : SIGNERS[sign]
  const forge = {
    ...plain,
    ...named,
    ...(lift !== undefined && { lift: say.said(lift).sealed }),
    ...(cut !== undefined && { cut: Number(cut) }),
    ...(pad !== undefined && { pad: Number(pad) }),
    ...(packed !== undefined && { packed: Number(packed) }),
    ...(reordered !== undefined && { reordered: true }),
    ...(resigned !== undefined && { resigned: true }),
    ...(escaped !== undefined && { escaped: true }),
    ...(sign !== undefined && { sign: signer === undefined ? sign : certificateOf(say, signer, 'sign') }),
  } as Forge
  const words = JSON.stringify(spec).replace(/["{}]/g, '').slice(0, 160)
  return { forge, forged: { forged: { zh: `故意改动：${words}`, en: `changed on purpose: ${words}` } } }
}

/** Head values may be named: a line of an earlier message (`$pay.nonce`), a party (`acquirer-a`), a certificate. */
function namedHead(say: Say, head: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries(head)) {
    if (value === undefined) continue
    const party = SIGNERS[value]
    const [, from, line] = /^\$([a-z][a-z0-9-]*)\.([a-z]+)$/.exec(value) ?? []
    if (from !== undefined && line !== undefined) values[name] = headLine(say.said(from).sealed, line)
    else if (name === 'signcert') values[name] = signCertificate(say, value)
    else if (name === 'enccert' && party !== undefined) values[name] = certificateOf(say, party, 'encrypt')
    else values[name] = party ?? value
  }
  return values
}

/** expired, revoked, unknown: see parties.ts. leading-zero, hex: the right number, wrongly spelt. */
function signCertificate(say: Say, name: string): string {
  const { spoiled, older } = say.network
  const right = certificateOf(say, SWITCH, 'sign')
  const named: Readonly<Record<string, string>> = {
    ...spoiled,
    older,
    'own-encryption': certificateOf(say, SWITCH, 'encrypt'),
    'leading-zero': `0${right}`,
    hex: BigInt(right).toString(16),
    'hex-prefixed': `0x${BigInt(right).toString(16)}`,
  }
  const party = SIGNERS[name]
  return named[name] ?? (party === undefined ? name : certificateOf(say, party, 'sign'))
}

function headLine(sealed: Sealed, line: string): string {
  const head = claimedHead(sealed)
  if (head === undefined) throw new Error(`the head has no line ${line} that can be read`)
  return (head as Readonly<Record<string, string>>)[line] ?? ''
}

const certificateOf = (say: Say, party: string, use: 'sign' | 'encrypt'): string =>
  say.network.directory.current(party, use, say.now())?.id ?? '0'
