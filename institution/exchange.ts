// A wallet coupon becomes a red packet of the network (券兑换). The coupon is locked first, in a change of its own; then a job
// asks the switch, with the same id at every try, until it has a final answer: yes uses the coupon up, no frees it, and an
// unknown outcome leaves it locked, so that it never is in two systems (MKT-014). After the ladder a person hears of it.
import type { Decision, Job, JobDraft, Rows } from '../store/store.ts'
import { call, classRow } from '../wire/wire.ts'
import { done, refused, type Result } from './marketing.ts'
import { type Exchange, exchanges } from './marketing-records.ts'
import { type Coupon, coupons, tokenOfUser, tokens, users } from './records.ts'
import type { InstitutionWorld } from './world.ts'

const lockName = (id: string): string => `exchange.${id}`

const askJob = (id: string, attempt: number, dueAt: number): JobDraft => ({
  id: `exchange:${id}`,
  kind: 'exchange',
  dueAt,
  body: { id, attempt },
})

/** Locks the coupon and has the switch asked. A repeat of an exchange that is still open has it asked again. */
export async function beginExchange(
  world: InstitutionWorld,
  user: string,
  couponId: string,
  id: string,
): Promise<Result<Exchange>> {
  const token = tokenOfUser.in(await world.store.read([tokenOfUser.key(user)]), user)?.token ?? ''
  const keys = [exchanges.key(id), coupons.key(couponId), users.key(user), tokens.key(token)]
  return world.store.change<Result<Exchange>>(keys, (rows) => {
    const now = world.clock.wall()
    const known = exchanges.in(rows, id)
    if (known !== undefined) {
      if (known.user !== user || known.coupon !== couponId)
        return { result: refused(`exchange ${id} is of another coupon`) }
      return {
        enqueue: known.state === 'PENDING' ? [askJob(id, 0, now)] : [],
        result: done(known, true),
      }
    }
    if (users.in(rows, user)?.status !== 'active')
      return { result: refused(`there is no active user ${user}`, 'DECL-ACCOUNT') }
    if (tokens.in(rows, token)?.state !== 'T_ACTIVE')
      return { result: refused('the user has no active token on the network', 'DECL-TOKEN') }
    const coupon = coupons.in(rows, couponId)
    if (coupon === undefined || coupon.user !== user || coupon.state !== 'FREE' || now > coupon.expiresAt)
      return { result: refused('the coupon cannot be exchanged', 'DECL-COUPON') }
    const exchange: Exchange = { id, user, token, coupon: couponId, face: coupon.face, state: 'PENDING' }
    return {
      put: [
        exchanges.put(id, exchange),
        coupons.put(couponId, { ...coupon, state: 'LOCKED', by: lockName(id) }),
      ],
      append: [{ item: id, kind: 'exchange', body: { state: 'PENDING', coupon: couponId } }],
      enqueue: [askJob(id, 0, now)],
      result: done(exchange),
    }
  })
}

export async function askExchange(world: InstitutionWorld, job: Job): Promise<void> {
  const { id, attempt } = job.body as { id: string; attempt: number }
  const exchange = exchanges.in(await world.store.read([exchanges.key(id)]), id)
  if (exchange?.state !== 'PENDING')
    return world.store.change([], () => ({ finish: [job], result: undefined }))
  const { token, coupon, face } = exchange
  const fields = { exchange: id, token, coupon, face, currency: '156' }
  const reply = await call(
    world,
    'coupon.exchange',
    world.switchId,
    fields,
    world.profile.values.exchangeWaitMs,
  )
  const packet = reply.kind === 'answered' ? reply.fields.networkCoupon : undefined
  const final = reply.kind === 'answered' && classRow(reply.class).definite
  // A yes that names no packet of the network is no final answer.
  const answer =
    !final || (reply.class === 'OK' && packet === undefined)
      ? undefined
      : reply.class === 'OK'
        ? ({ state: 'SUCCESS', ...(packet !== undefined && { networkCoupon: packet }) } as const)
        : ({ state: 'FAILED', because: reply.class } as const)
  await world.store.change([exchanges.key(id), coupons.key(coupon)], (rows) => ({
    finish: [job],
    ...(answer === undefined ? askedAgain(world, id, attempt) : ended(rows, exchange, answer)),
    result: undefined,
  }))
}

function askedAgain(
  world: InstitutionWorld,
  id: string,
  attempt: number,
): Pick<Decision<never>, 'enqueue' | 'append'> {
  const gap = world.profile.values.queryLadderMs[attempt]
  return gap === undefined
    ? { append: [{ item: id, kind: 'case', body: { because: 'the switch never ended the exchange' } }] }
    : { enqueue: [askJob(id, attempt + 1, world.clock.wall() + gap)] }
}

type End = Pick<Exchange, 'networkCoupon' | 'because'> & { readonly state: 'SUCCESS' | 'FAILED' }

/** Both records end in one change: the coupon is used up where the network has the value, and free where it has not. */
function ended(rows: Rows, exchange: Exchange, answer: End): Pick<Decision<never>, 'put' | 'append'> {
  const { id } = exchange
  const coupon = coupons.in(rows, exchange.coupon)
  if (exchanges.in(rows, id)?.state !== 'PENDING' || coupon?.by !== lockName(id)) return {}
  const { by: _by, ...free } = coupon
  const after: Coupon = answer.state === 'SUCCESS' ? { ...coupon, state: 'USED' } : { ...free, state: 'FREE' }
  return {
    put: [exchanges.put(id, { ...exchange, ...answer }), coupons.put(coupon.id, after)],
    append: [{ item: id, kind: 'exchange', body: { state: answer.state, coupon: coupon.id } }],
  }
}
