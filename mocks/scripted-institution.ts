// An institution that does exactly what a page says: it drives a switch at its edge. Honest by default: it approves
// what it is asked, remembers what it approved, and fences what is reversed before it arrives; a page lays one
// misbehaviour in front of that, and it falls away afterwards.
import {
  answer,
  type AnswerClass,
  answerFields,
  noSuchPath,
  type RequestType,
  type Sealed,
  type Sealer,
  type Turned,
  claimedType,
} from '../wire/wire.ts'

/** What to do with the next message of a type: answer a class, stay silent for ever, or behave. */
export type Behaviour = {
  readonly type: RequestType
  readonly answer: AnswerClass | 'silence'
  readonly but?: 'take effect'
}

export type ScriptedInstitution = {
  receive(sealed: Sealed): Promise<Sealed | Turned | 'silence'>
  /** Lays a behaviour in front of the honest default, for one message. */
  next(behaviour: Behaviour): void
  /** The net amount taken per original key: what a book would say. */
  taken(): ReadonlyMap<string, bigint>
}

type Known = {
  state: 'SUCCESS' | 'FENCED' | 'REVERSED'
  amount: bigint
  refunded: bigint
  transaction: string
}

export function scriptedInstitution(world: Sealer): ScriptedInstitution {
  const known = new Map<string, Known>()
  const queue: Behaviour[] = []
  const take = (type: RequestType): Behaviour | undefined => {
    const at = queue.findIndex((one) => one.type === type)
    return at < 0 ? undefined : queue.splice(at, 1)[0]
  }
  return {
    next: (behaviour) => void queue.push(behaviour),
    taken: () =>
      new Map(
        [...known].map(([key, { state, amount, refunded }]) => [
          key,
          state === 'SUCCESS' ? amount - refunded : 0n,
        ]),
      ),
    receive: async (sealed) => {
      const type = claimedType(sealed) as RequestType
      const story = STORIES[type]
      if (story === undefined) {
        return noSuchPath(world, sealed, { zh: '剧本中没有此报文', en: 'is not in the script' })
      }
      const behaviour = take(type)
      const honest = (): Promise<Sealed | Turned> => story(world, sealed, known)
      if (behaviour === undefined) return honest()
      const effect = behaviour.but === 'take effect' ? await honest() : undefined
      if (behaviour.answer === 'silence') return 'silence'
      return (
        effect ??
        answer(world, sealed, type, async () => answerFields(behaviour.answer as AnswerClass) as never)
      )
    },
  }
}

type Story = (world: Sealer, sealed: Sealed, known: Map<string, Known>) => Promise<Sealed | Turned>
const keyOf = ({
  acquirer,
  order,
  orderTime,
}: {
  acquirer: string
  order: string
  orderTime: string
}): string => `${acquirer}.${orderTime}.${order}`

const STORIES: Partial<Record<RequestType, Story>> = {
  debit: (world, sealed, known) =>
    answer(world, sealed, 'debit', async ({ message: { fields } }) => {
      const { order, orderTime, amount, currency, merchant, transaction, clearingDay } = fields
      const echo = { order, orderTime, amount, currency, merchant, transaction, clearingDay }
      const before = known.get(keyOf(fields))
      if (before?.state === 'FENCED') return { ...echo, ...answerFields('DECL-STATE') }
      if (before === undefined)
        known.set(keyOf(fields), { state: 'SUCCESS', amount, refunded: 0n, transaction })
      return { ...echo, ...answerFields('OK', { repeated: before !== undefined }) }
    }),
  'debit.reverse': (world, sealed, known) =>
    answer(world, sealed, 'debit.reverse', async ({ message: { fields } }) => {
      const before = known.get(keyOf(fields))
      const state = before === undefined || before.state === 'FENCED' ? 'FENCED' : 'REVERSED'
      known.set(keyOf(fields), { amount: 0n, refunded: 0n, transaction: '', ...before, state })
      return { state, ...answerFields('OK', { repeated: before?.state === state }) }
    }),
  'debit.query': (world, sealed, known) =>
    answer(world, sealed, 'debit.query', async ({ message: { fields } }) => {
      const { acquirer, order = '', orderTime = '' } = fields
      const found = known.get(keyOf({ acquirer, order, orderTime }))
      if (found === undefined) return answerFields('NOT_FOUND')
      return {
        ...answerFields('OK'),
        order,
        orderTime,
        state: found.state,
        amount: found.amount,
        currency: '156',
        transaction: found.transaction,
      }
    }),
  credit: (world, sealed, known) =>
    answer(world, sealed, 'credit', async ({ message: { fields } }) => {
      const original = known.get(
        keyOf({ acquirer: fields.acquirer, order: fields.origOrder, orderTime: fields.origOrderTime }),
      )
      if (original === undefined) return answerFields('DECL-ORIG')
      original.refunded += fields.amount
      return answerFields('OK')
    }),
  'notify.payer': (world, sealed) =>
    answer(world, sealed, 'notify.payer', async ({ message: { fields } }) => ({
      ...answerFields('OK'),
      notice: fields.notice,
    })),
}
