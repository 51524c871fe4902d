// The last that was carried: numbered in order, bounded, waited for; messages of strangers known once they are opened.
import { describe, expect, test } from 'vitest'
import { INSTITUTION, seeded, type Seen, SWITCH, testNetwork } from '../scenarios/scenarios.ts'
import {
  answer,
  answerFields,
  type Endpoint,
  PROFILES,
  seal,
  type Sealed,
  type Sealer,
} from '../wire/wire.ts'
import { type Carried, carried } from './carried.ts'
import { realClock } from './real-clock.ts'

const profile = PROFILES['sim'] ?? expect.fail('sim')
const random = seeded('carried')
const network = await testNetwork(profile, random, realClock.wall())

const sealer = (me: string, observe?: Carried['observe']): Sealer => ({
  me,
  profile,
  clock: realClock,
  random,
  keys: network.keysOf(me),
  directory: network.directory,
  ...(observe !== undefined && { observe }),
})

/** A query from the switch, shown to the book or not, as a stranger's would be. */
const query = async (order: string, observe?: Carried['observe']): Promise<Sealed> => {
  const fields = { acquirer: '48020001', asked: 'debit', order, orderTime: '20260615100000' }
  return (await seal(sealer(SWITCH, observe), { type: 'debit.query', to: INSTITUTION, fields })).sealed
}

const answering =
  (observe: Carried['observe']): Endpoint['receive'] =>
  (sealed) =>
    answer(sealer(INSTITUTION, observe), sealed, 'debit.query', async () => answerFields('NOT_FOUND'))

function book(most?: number): { kept: Carried; noted: Seen[]; door: Endpoint['receive'] } {
  const noted: Seen[] = []
  const kept = carried({
    now: () => realClock.wall(),
    noted: (one) => noted.push(one),
    ...(most && { most }),
  })
  return { kept, noted, door: kept.door(INSTITUTION, answering(kept.observe)) }
}

describe('what is carried', () => {
  test('a request and its reply, numbered, with their content and ids', async () => {
    const { kept, noted, door } = book()
    await door(await query('ORDER001', kept.observe))
    expect(kept.after(0).messages).toMatchObject([
      { n: 1, from: SWITCH, to: INSTITUTION, type: 'debit.query', fields: { order: 'ORDER001' } },
      {
        n: 2,
        from: INSTITUTION,
        to: SWITCH,
        type: 'debit.query.reply',
        replyTo: 1,
        fields: { answer: '34' },
      },
    ])
    expect(kept.after(0).messages[0]?.id).toMatch(/^[0-9a-f]{24}$/)
    expect(noted).toEqual(kept.after(0).messages)
  })
  test('a stranger’s request is known once its receiver has opened it; one that nobody opens is kept as it is', async () => {
    const { kept, door } = book()
    await door(await query('ORDER002'))
    expect(kept.after(0).messages[0]).toMatchObject({ fields: { order: 'ORDER002' } })
    const sealed = await query('ORDER003')
    // One bit of the tag, which stands before the empty signature.
    const at = sealed.bytes.length - 10
    await door({ ...sealed, bytes: sealed.bytes.map((byte, index) => (index === at ? byte ^ 1 : byte)) })
    const [broken, refused] = kept.after(2).messages
    expect(broken).toMatchObject({ n: 3, type: 'debit.query' })
    expect(broken?.fields).toBeUndefined()
    expect(refused).toMatchObject({ n: 4, replyTo: 3 })
    await door({ path: '/sifang/1/debit.query', contentType: 'text/plain', bytes: Buffer.from('hello') })
    expect(kept.after(4).messages).toMatchObject([
      { from: 'unknown', to: INSTITUTION },
      { to: 'unknown', sealed: { contentType: 'application/json' } },
    ])
  })
  test('a receiver that fails is a request without reply', async () => {
    const { kept } = book()
    const door = kept.door(INSTITUTION, () => Promise.reject(new Error('down')))
    await expect(door(await query('ORDER004', kept.observe))).rejects.toThrow('down')
    expect(kept.after(0).messages).toMatchObject([{ n: 1, fields: { order: 'ORDER004' } }])
  })
  test('only the last are kept, and how many are missing is said', async () => {
    const { kept, door } = book(3)
    for (const order of ['ORDER005', 'ORDER006', 'ORDER007']) await door(await query(order, kept.observe))
    expect(kept.kept()).toEqual({ first: 4, last: 6 })
    expect(kept.after(0)).toMatchObject({ missed: 3, messages: [{ n: 4 }, { n: 5 }, { n: 6 }] })
    expect(kept.after(5)).toMatchObject({ missed: 0, messages: [{ n: 6 }] })
    expect(kept.newest(({ n }) => n === 2)).toBeUndefined()
  })
  test('whoever waits is woken by the next message, or by the end', async () => {
    const { kept, door } = book()
    const stop = new AbortController()
    const [woken, ended] = [kept.next(0, stop.signal), kept.next(99, stop.signal)]
    await door(await query('ORDER008', kept.observe))
    await woken
    await kept.next(1, stop.signal)
    stop.abort()
    await ended
  })
  test('a message is handed to a party by its door; where there is none, nothing is handed', async () => {
    const { kept } = book()
    const exchanged = await kept.hand(INSTITUTION, await query('ORDER009', kept.observe))
    expect(exchanged).toMatchObject({ request: { n: 1 }, reply: { n: 2, replyTo: 1 } })
    expect(await kept.hand('99999999', await query('ORDER010', kept.observe))).toBeUndefined()
  })
})
