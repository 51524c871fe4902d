// The network's own red packets and coupons. A wallet coupon becomes one by an exchange, once per exchange id, whatever was
// answered and however often it is asked again; and one leg of a composite payment holds, uses or frees one, as a branch
// that an institution coordinates (MKT-014, TCC).
import type { Decision, Put, Rows } from '../store/store.ts'
import {
  type AnswerClass,
  answer,
  answerFields,
  contentDigest,
  type Fields,
  type Opened,
  type Sealed,
  type Turned,
} from '../wire/wire.ts'
import { nonceClaim, nonceId, nonceSeen } from './admit.ts'
import { digits } from './codes.ts'
import {
  type CouponBranch,
  couponBranches,
  exchanges,
  type NetworkCoupon,
  networkCoupons,
  nonces,
  OF_TOKEN,
  tokens,
} from './records.ts'
import type { SwitchWorld } from './world.ts'

const COUPON_DIGITS = 16
const LISTED_MOST = 50

/** An exchange that was refused stays refused: its institution has freed the coupon, and a late copy must not undo that. */
export async function exchangeCoupon(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'coupon.exchange', async (opened) => {
    const { fields } = opened.message
    const id = `${opened.from}.${fields.exchange}`
    const number = digits(world, '9', COUPON_DIGITS)
    const keys = [
      nonces.key(nonceId(opened)),
      exchanges.key(id),
      tokens.key(fields.token),
      networkCoupons.key(number),
    ]
    return world.store.change<Fields<'coupon.exchange.reply'>>(keys, (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const claim = nonceClaim(opened, world.profile, world.clock.wall())
      const digest = contentDigest('coupon.exchange', fields)
      const known = exchanges.in(rows, id)
      if (known !== undefined)
        return {
          put: [claim],
          result:
            known.digest === digest
              ? exchanged(known.class, known.coupon, true)
              : answerFields('REJ-CONFLICT'),
        }
      // Drawn twice: nothing is decided, and the institution asks again.
      if (networkCoupons.in(rows, number) !== undefined)
        return { put: [claim], result: answerFields('REJ-RATE') }
      const refusal = refusalOf(rows, opened)
      const keep = (said: AnswerClass, coupon?: string): Put =>
        exchanges.put(id, { class: said, digest, ...(coupon !== undefined && { coupon }) })
      if (refusal !== undefined)
        return { put: [claim, keep(refusal)], result: exchanged(refusal, undefined, false) }
      const coupon: NetworkCoupon = {
        coupon: number,
        institution: opened.from,
        token: fields.token,
        face: fields.face,
        state: 'FREE',
      }
      return {
        put: [claim, keep('OK', number), networkCoupons.put(number, coupon)],
        append: [{ item: id, kind: 'exchange', body: { coupon: number, face: fields.face } }],
        result: exchanged('OK', number, false),
      }
    })
  })
}

function refusalOf(rows: Rows, opened: Opened<'coupon.exchange'>): AnswerClass | undefined {
  const { token, currency } = opened.message.fields
  if (currency !== '156') return 'DECL-CURR'
  return ownToken(rows, token, opened.from) ? undefined : 'DECL-TOKEN'
}

function ownToken(rows: Rows, token: string, institution: string): boolean {
  const bound = tokens.in(rows, token)
  return bound?.institution === institution && bound.state === 'T_ACTIVE'
}

const exchanged = (
  said: AnswerClass,
  coupon: string | undefined,
  repeated: boolean,
): Fields<'coupon.exchange.reply'> => ({
  ...answerFields(said, { repeated }),
  state: said === 'OK' ? 'SUCCESS' : 'FAILED',
  ...(coupon !== undefined && { networkCoupon: coupon }),
})

/** What a user could put towards an order: the free ones that were issued to the token. */
export async function listCoupons(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'coupon.query', async (opened) => {
    const { token } = opened.message.fields
    const [rows, found] = await Promise.all([
      world.store.read([tokens.key(token)]),
      world.store.scan(OF_TOKEN, `${token}.`, `${token}/`, LISTED_MOST),
    ])
    if (!ownToken(rows, token, opened.from)) return answerFields('DECL-TOKEN')
    const coupons = found
      .map(({ value }) => value as NetworkCoupon)
      .map(({ coupon, face }) => ({ coupon, face, threshold: 0n }))
    return { ...answerFields('OK'), coupons }
  })
}

/** Tries a branch: the coupon is locked for it and for nobody else. */
export async function holdCoupon(world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> {
  return answer(world, sealed, 'coupon.hold', async (opened) => {
    const { fields } = opened.message
    const id = `${opened.from}.${fields.branch}`
    const keys = [
      nonces.key(nonceId(opened)),
      couponBranches.key(id),
      networkCoupons.key(fields.coupon),
      tokens.key(fields.token),
    ]
    return world.store.change<Held>(keys, (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const claim = nonceClaim(opened, world.profile, world.clock.wall())
      const digest = contentDigest('coupon.hold', fields)
      const known = couponBranches.in(rows, id)
      // It was freed before it came: the fence stands, and nothing is locked any more (悬挂).
      if (known?.digest === '') return { put: [claim], result: held('DECL-STATE', known, false) }
      if (known !== undefined)
        return {
          put: [claim],
          result: known.digest === digest ? held(known.class, known, true) : answerFields('REJ-CONFLICT'),
        }
      const coupon = networkCoupons.in(rows, fields.coupon)
      const refusal = holdRefusal(rows, opened, coupon)
      const branch: CouponBranch = {
        coupon: fields.coupon,
        state: refusal === undefined ? 'TRIED' : 'CANCELLED',
        class: refusal ?? 'OK',
        digest,
      }
      return {
        put: [
          claim,
          couponBranches.put(id, branch),
          ...(refusal !== undefined || coupon === undefined ? [] : [couponPut(coupon, 'LOCKED', id)]),
        ],
        append: [{ item: id, kind: 'coupon-branch', body: { state: branch.state, coupon: fields.coupon } }],
        result: held(branch.class, branch, false),
      }
    })
  })
}

type Held = Fields<'coupon.hold.reply'>

function holdRefusal(
  rows: Rows,
  opened: Opened<'coupon.hold'>,
  coupon: NetworkCoupon | undefined,
): AnswerClass | undefined {
  const { token, amount, currency } = opened.message.fields
  if (currency !== '156') return 'DECL-CURR'
  if (!ownToken(rows, token, opened.from)) return 'DECL-TOKEN'
  const fits = coupon?.state === 'FREE' && coupon.token === token && amount <= coupon.face
  return fits ? undefined : 'DECL-COUPON'
}

const held = (said: AnswerClass, { state }: CouponBranch, repeated: boolean): Held => ({
  ...answerFields(said, { repeated }),
  state,
})

/** One that is free is found by its token; any other only by its number. */
function couponPut(coupon: NetworkCoupon, state: NetworkCoupon['state'], by?: string): Put {
  const { by: _by, ...rest } = coupon
  return networkCoupons.put(coupon.coupon, { ...rest, state, ...(by !== undefined && { by }) })
}

export const useCoupon = (world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> =>
  answer(world, sealed, 'coupon.use', (opened) => ended(world, opened, 'CONFIRMED'))
export const freeCoupon = (world: SwitchWorld, sealed: Sealed): Promise<Sealed | Turned> =>
  answer(world, sealed, 'coupon.free', (opened) => ended(world, opened, 'CANCELLED'))

/** Confirms or cancels a branch, once. A cancel that came before its try leaves a fence that the try will meet. */
async function ended(
  world: SwitchWorld,
  opened: Opened<'coupon.use'> | Opened<'coupon.free'>,
  to: 'CONFIRMED' | 'CANCELLED',
): Promise<Held> {
  const id = `${opened.from}.${opened.message.fields.branch}`
  for (;;) {
    const before = couponBranches.in(await world.store.read([couponBranches.key(id)]), id)
    const coupon = networkCoupons.key(before?.coupon ?? '')
    const keys = [nonces.key(nonceId(opened)), couponBranches.key(id), coupon]
    const result = await world.store.change<Held | 'again'>(keys, (rows) => {
      if (nonceSeen(rows, opened)) return { result: answerFields('REJ-REPLAY') }
      const branch = couponBranches.in(rows, id)
      if (branch?.coupon !== before?.coupon) return { result: 'again' }
      const claim = nonceClaim(opened, world.profile, world.clock.wall())
      return endOf(rows, id, branch, to, claim)
    })
    if (result !== 'again') return result
  }
}

function endOf(
  rows: Rows,
  id: string,
  branch: CouponBranch | undefined,
  to: 'CONFIRMED' | 'CANCELLED',
  claim: Put,
): Decision<Held> {
  if (branch === undefined) {
    if (to === 'CONFIRMED') return { put: [claim], result: answerFields('DECL-STATE') }
    const fence: CouponBranch = { coupon: '', state: 'CANCELLED', class: 'OK', digest: '' }
    return {
      put: [claim, couponBranches.put(id, fence)],
      append: [{ item: id, kind: 'coupon-branch', body: { state: 'CANCELLED' } }],
      result: held('OK', fence, false),
    }
  }
  if (branch.state !== 'TRIED')
    return {
      put: [claim],
      result: held(branch.state === to ? 'OK' : 'DECL-STATE', branch, branch.state === to),
    }
  const after: CouponBranch = { ...branch, state: to }
  const coupon = networkCoupons.in(rows, branch.coupon)
  return {
    put: [
      claim,
      couponBranches.put(id, after),
      ...(coupon === undefined ? [] : [couponPut(coupon, to === 'CONFIRMED' ? 'USED' : 'FREE')]),
    ],
    append: [{ item: id, kind: 'coupon-branch', body: { state: to, coupon: branch.coupon } }],
    result: held('OK', after, false),
  }
}
