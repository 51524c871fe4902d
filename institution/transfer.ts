// From one user to another: one change, both balances, once per id of the caller. A repeat is the same transfer.
import { creditLine, debitLine } from '../ledger/ledger.ts'
import type { Rows } from '../store/store.ts'
import { contentDigest } from '../wire/wire.ts'
import { type Transfer, transfers } from './card-records.ts'
import { CONFLICT } from './cards.ts'
import { moved } from './money.ts'
import { balances, users } from './records.ts'
import { type Outcome, pinDigest } from './users.ts'
import type { InstitutionWorld } from './world.ts'

export type TransferAsked = {
  readonly request: string
  readonly to: string
  readonly amount: bigint
  readonly pin: string
}

const refused = (because: string) => ({ kind: 'refused', because }) as const

export async function transfer(
  world: InstitutionWorld,
  from: string,
  asked: TransferAsked,
): Promise<Outcome<Transfer>> {
  const { request, to, amount } = asked
  const id = `${from}.${request}`
  const digest = contentDigest('settle', {
    instruction: request,
    clearingDay: '',
    payer: from,
    payee: to,
    amount,
    currency: '156',
  })
  const keys = [
    transfers.key(id),
    ...[...new Set([from, to])].flatMap((user) => [users.key(user), balances.key(`USR:${user}`)]),
  ]
  return world.store.change<Outcome<Transfer>>(keys, (rows) => {
    const known = transfers.in(rows, id)
    if (known !== undefined)
      return { result: known.digest === digest ? { kind: 'done', value: known } : refused(CONFLICT) }
    const refusal = refusalOf(world, rows, from, asked)
    if (refusal !== undefined) return { result: refused(refusal) }
    const record: Transfer = { id, from, to, amount, digest }
    const lines = [debitLine(`USR:${from}`, amount), creditLine(`USR:${to}`, amount)]
    const entry = { id: `transfer:${id}`, currency: '156', lines }
    return {
      put: [transfers.put(id, record), ...moved(rows, `USR:${from}`, `USR:${to}`, amount)],
      append: [{ item: id, kind: 'posting', body: { entry, what: 'transfer' } }],
      result: { kind: 'done', value: record },
    }
  })
}

function refusalOf(
  { profile }: InstitutionWorld,
  rows: Rows,
  from: string,
  { to, amount, pin }: TransferAsked,
): string | undefined {
  const [payer, payee] = [users.in(rows, from), users.in(rows, to)]
  if (payer === undefined || payer.status !== 'active') return 'the account is not in order: DECL-ACCOUNT'
  if (payee === undefined || payee.status !== 'active')
    return 'the receiving account is not in order: DECL-ACCOUNT'
  if (from === to) return 'a transfer goes to somebody else: DECL-ACCOUNT'
  if (payer.pin !== pinDigest(from, pin)) return 'the password is wrong: DECL-AUTH'
  if (amount <= 0n || amount > profile.values.amountMaxMinor) return 'the amount is not allowed: DECL-AMOUNT'
  const available = balances.in(rows, `USR:${from}`)?.amount ?? 0n
  return available < amount ? 'the balance is too small: DECL-FUNDS' : undefined
}
