// On the NetsUnion-like network a bank order is known by a TrxId of 31 digits, of which the last six are control digits that
// the network hands out (401, 402). Here an attempt keeps its own name for ever; the number it has at the network is given
// once, when it first leaves, and kept. Digits are of one day and used once; without them nothing leaves.
import { hmacSm3, toHex, utf8 } from '../crypto/crypto.ts'
import { type Job, type JobDraft, kind } from '../store/store.ts'
import { beijingDay, call, trxIdOf, TRX_SERIAL_DIGITS } from '../wire/wire.ts'
import type { BankOrder } from './card-records.ts'
import type { InstitutionWorld } from './world.ts'

type Digits = { readonly day: string; readonly left: readonly string[] }

const digits = kind<Digits>('control-digits')
const KEY = 'now'
/** Attempt → its number at the network, and back. */
const numbers = kind<{ readonly number: string }>('trx-id')
const attempts = kind<{ readonly attempt: string }>('trx-attempt')

/** Ours: with fewer left, more are asked for before they run out. */
const LOW = 10

/** The number of an attempt at the network; undefined while there are no control digits to be had. */
export async function numberOf(world: InstitutionWorld, attempt: string): Promise<string | undefined> {
  if (world.profile.network !== 'netsunion') return attempt
  const given = await numbered(world, attempt)
  if (given !== undefined) return given
  await fetchDigits(world)
  return numbered(world, attempt)
}

async function numbered(world: InstitutionWorld, attempt: string): Promise<string | undefined> {
  for (let salt = 0; ; salt += 1) {
    const day = beijingDay(world.clock.wall())
    const before = await world.store.read([digits.key(KEY), numbers.key(attempt)])
    const known = numbers.in(before, attempt)
    if (known !== undefined) return known.number
    const next = fresh(digits.in(before, KEY), day)[0]
    if (next === undefined) return undefined
    const number = trxIdOf(day, serialOf(world.me, attempt, salt), next)
    const keys = [digits.key(KEY), numbers.key(attempt), attempts.key(number)]
    const given = await world.store.change<string | undefined>(keys, (rows) => {
      const first = numbers.in(rows, attempt)
      if (first !== undefined) return { result: first.number }
      const left = fresh(digits.in(rows, KEY), day)
      // Somebody took them meanwhile, or another attempt has that number: all is looked up again.
      if (left[0] !== next || attempts.in(rows, number) !== undefined) return { result: undefined }
      return {
        put: [
          digits.put(KEY, { day, left: left.slice(1) }),
          numbers.put(attempt, { number }),
          attempts.put(number, { attempt }),
        ],
        append: [{ item: attempt, kind: 'bank', body: { number } }],
        enqueue: left.length - 1 === LOW ? [controlJob(world)] : [],
        result: number,
      }
    })
    if (given !== undefined) return given
  }
}

const fresh = (known: Digits | undefined, day: string): readonly string[] =>
  known?.day === day ? known.left : []

function serialOf(me: string, attempt: string, salt: number): string {
  const mark = toHex(hmacSm3(utf8(`trx id of ${me}`), utf8(`${attempt} ${salt}`))).slice(0, 16)
  return (BigInt(`0x${mark}`) % 10n ** BigInt(TRX_SERIAL_DIGITS)).toString().padStart(TRX_SERIAL_DIGITS, '0')
}

const controlJob = (world: InstitutionWorld): JobDraft => ({
  id: 'control',
  kind: 'control',
  dueAt: world.clock.wall(),
  body: {},
})

/** Fetched before they run out. Where the network does not answer, the next order asks again. */
export async function moreDigits(world: InstitutionWorld, job: Job): Promise<void> {
  await fetchDigits(world)
  await world.store.change<void>([], () => ({ finish: [job], result: undefined }))
}

async function fetchDigits(world: InstitutionWorld): Promise<void> {
  const wait = world.profile.values.askWaitMs
  const reply = await call(world, 'control.fetch', world.switchId, { institution: world.me }, wait)
  if (reply.kind !== 'answered' || reply.class !== 'OK') return
  const day = reply.fields.clearingDay ?? beijingDay(world.clock.wall())
  const told = (reply.fields.controls ?? []).flatMap(({ front, numbers: list }) =>
    list.split('|').map((last) => front + last),
  )
  // What is no control number is none, whoever says it.
  const right = told.filter((one) => /^[0-9]{6}$/.test(one))
  await world.store.change<void>([digits.key(KEY)], (rows) => {
    const left = fresh(digits.in(rows, KEY), day)
    return {
      put: [digits.put(KEY, { day, left: [...new Set([...left, ...right])] })],
      append: [{ item: KEY, kind: 'control', body: { day, numbers: right.length } }],
      result: undefined,
    }
  })
}

/** The number that an attempt was given, or its own name where it never left. */
export async function numberKnown(world: InstitutionWorld, attempt: string): Promise<string> {
  return numbers.in(await world.store.read([numbers.key(attempt)]), attempt)?.number ?? attempt
}

/** What the network's number stands for here. */
export async function attemptBehind(world: InstitutionWorld, number: string): Promise<string> {
  if (world.profile.network !== 'netsunion') return number
  return attempts.in(await world.store.read([attempts.key(number)]), number)?.attempt ?? number
}

/** An order as the network knows it; undefined where that cannot be said yet. */
export async function atNetwork(world: InstitutionWorld, order: BankOrder): Promise<BankOrder | undefined> {
  const attempt = await numberOf(world, order.attempt)
  if (attempt === undefined || order.origAttempt === undefined)
    return attempt === undefined ? undefined : { ...order, attempt }
  const origAttempt = await numberOf(world, order.origAttempt)
  return origAttempt === undefined ? undefined : { ...order, attempt, origAttempt }
}
