// The switch's encryption certificate is followed by the next (key.fetch, SEC-008): a member asks before the one it knows ends,
// believes nothing but a chain, uses the newest from then on, and knows it after a restart.
import { describe, expect, test } from 'vitest'
import { testAuthority, writePem } from '../crypto/crypto.ts'
import { institutionParty } from '../institution/institution.ts'
import { acquirerParty } from '../mocks/mocks.ts'
import { ACQUIRER_A, BANK, INSTITUTION, seeded, SWITCH, testNetwork } from '../scenarios/scenarios.ts'
import { memoryStore } from '../store/store.ts'
import { switchParty } from '../switch/switch.ts'
import {
  answerFields,
  call,
  claimedHead,
  directory,
  type Fields,
  isTurned,
  open,
  PROFILES,
  seal,
  type Sealed,
  type World,
} from '../wire/wire.ts'

const NOON = Date.parse('2026-06-15T12:00:00+08:00')
const DAY_MS = 24 * 3600 * 1000
const OLDER_ENDS = NOON + 40 * DAY_MS
const profile = PROFILES['unionpay'] ?? expect.fail('unionpay')
const network = await testNetwork(profile, seeded('key fetch'), NOON, {
  rotating: { party: SWITCH, use: 'encrypt', olderEnds: OLDER_ENDS },
})
const [older, newer] = network.certificates.filter(({ owner, use }) => owner === SWITCH && use === 'encrypt')
if (older === undefined || newer === undefined) throw new Error('the network is in rotation')

type Store = ReturnType<typeof memoryStore>
type Play = {
  now: number
  readonly asked: Sealed[]
  readonly failures: unknown[]
  world(me: string, store: Store): World<Store> & { switchId: string; bankId: string }
}

/** A member knows the older certificate only; the switch knows its own. */
function play(reply?: (request: Sealed) => Promise<Sealed>): Play {
  const asked: Sealed[] = []
  const failures: unknown[] = []
  const made: Play = {
    now: NOON,
    asked,
    failures,
    world: (me, store) => ({
      me,
      profile,
      clock: {
        wall: () => made.now,
        mono: () => BigInt(made.now),
        until: () => new Promise(() => undefined),
      },
      random: seeded(`key fetch ${me}`),
      keys: network.keysOf(me),
      directory: directory(
        network.parties,
        me === SWITCH ? network.certificates : network.certificates.filter(({ id }) => id !== newer?.id),
        network.trust,
      ),
      store,
      switchId: SWITCH,
      bankId: BANK,
      send: async (_to, sealed) => {
        asked.push(sealed)
        if (reply !== undefined) return { kind: 'reply', sealed: await reply(sealed) }
        const answer = await clearing.receive(sealed)
        return isTurned(answer) ? { kind: 'no_reply' } : { kind: 'reply', sealed: answer }
      },
    }),
  }
  const clearing = switchParty(made.world(SWITCH, memoryStore({ now: () => made.now })), (error) => {
    failures.push(error)
  })
  return made
}

const heard = (failures: unknown[]) => (error: unknown) => void failures.push(error)
const members = [
  [
    INSTITUTION,
    (world: World<Store> & { switchId: string }, failures: unknown[]) =>
      institutionParty(world, heard(failures)),
  ],
  [
    ACQUIRER_A,
    (world: World<Store> & { switchId: string }, failures: unknown[]) =>
      acquirerParty(world, heard(failures)),
  ],
] as const

describe.each(members)('member %s', (me, party) => {
  test('asks within the month before the end, once, and then uses the newest', async () => {
    const stage = play()
    const store = memoryStore({ now: () => stage.now })
    const world = stage.world(me, store)
    const own = party(world, stage.failures)
    await own.work()
    expect(stage.asked).toEqual([])
    stage.now = OLDER_ENDS - 29 * DAY_MS
    expect(world.directory.current(SWITCH, 'encrypt', stage.now)?.id).toBe(older.id)
    await own.work()
    expect(stage.asked.map((one) => claimedHead(one)?.enccert)).toEqual([older.id])
    expect(world.directory.current(SWITCH, 'encrypt', stage.now)?.id).toBe(newer.id)
    // Both are taken until the older ends.
    expect(world.directory.held(SWITCH, 'encrypt', OLDER_ENDS).map(({ id }) => id)).toEqual([
      newer.id,
      older.id,
    ])
    expect(world.directory.held(SWITCH, 'encrypt', OLDER_ENDS + 1).map(({ id }) => id)).toEqual([newer.id])
    const sent = await call(world, 'key.fetch', SWITCH, { certType: '01' }, 1000)
    expect(sent).toMatchObject({ kind: 'answered', class: 'OK' })
    expect(claimedHead(stage.asked[1] ?? expect.fail('two questions'))?.enccert).toBe(newer.id)
    await own.work()
    expect(stage.asked.length).toBe(2)
    expect(stage.failures).toEqual([])
  })

  test('knows it after a restart, when the older has ended', async () => {
    const stage = play()
    const store = memoryStore({ now: () => stage.now })
    stage.now = OLDER_ENDS - 29 * DAY_MS
    await party(stage.world(me, store), stage.failures).work()
    stage.now = OLDER_ENDS + DAY_MS
    const again = stage.world(me, store)
    expect(again.directory.current(SWITCH, 'encrypt', stage.now)).toBeUndefined()
    await party(again, stage.failures).work()
    expect(again.directory.current(SWITCH, 'encrypt', stage.now)?.id).toBe(newer.id)
    expect(stage.asked.length).toBe(1)
    expect(stage.failures).toEqual([])
  })

  test.each<[string, () => Partial<Fields<'key.fetch.reply'>>]>([
    ['another authority', () => ({ keyCertificate: certificate('stranger', `${SWITCH}:ENC`, 'encrypt') })],
    ['another party', () => ({ keyCertificate: certificate('network', `${BANK}:ENC`, 'encrypt') })],
    ['another use', () => ({ keyCertificate: certificate('network', `${SWITCH}:SIGN`, 'sign') })],
    [
      'no party of the network',
      () => ({ keyCertificate: certificate('network', '99999999:ENC', 'encrypt') }),
    ],
    ['nobody: it is no certificate', () => ({ keyCertificate: 'a certificate' })],
    ['nobody: there is none', () => ({})],
  ])('does not take a certificate of %s, and asks again a day later', async (_, fields) => {
    const stage = play(async (request) => {
      const world = stage.world(SWITCH, memoryStore({ now: () => stage.now }))
      const opened = await open(world, request, { requests: ['key.fetch'] })
      if (opened.kind === 'refused') throw new Error(opened.field)
      const answer = { ...answerFields('OK'), ...fields() }
      const { sealed } = await seal(world, {
        type: 'key.fetch.reply',
        to: opened.from,
        ref: opened.ref,
        fields: answer,
      })
      return sealed
    })
    const store = memoryStore({ now: () => stage.now })
    stage.now = OLDER_ENDS - 29 * DAY_MS
    const world = stage.world(me, store)
    const own = party(world, stage.failures)
    for (const [hours, count] of [
      [0, 1],
      [23, 1],
      [24, 2],
    ] as const) {
      stage.now = OLDER_ENDS - 29 * DAY_MS + hours * 3_600_000
      await own.work()
      expect(stage.asked.length).toBe(count)
      expect(world.directory.current(SWITCH, 'encrypt', stage.now)?.id).toBe(older.id)
    }
    expect(await store.history('switch-key')).toHaveLength(2)
    expect(stage.failures).toEqual([])
  })
})

describe('the switch', () => {
  test('tells the newest, and until when the one before it is taken', async () => {
    const stage = play()
    const world = stage.world(ACQUIRER_A, memoryStore({ now: () => stage.now }))
    const asked = (certType: string) => call(world, 'key.fetch', SWITCH, { certType }, 1000)
    const told = await asked('01')
    if (told.kind !== 'answered') return expect.unreachable(told.because)
    expect(told.fields.keyCertificate).toBe(writePem('CERTIFICATE', newer.x509?.der() ?? new Uint8Array()))
    expect(told.fields.overlapEnd).toBe('20260725120000')
    stage.now = OLDER_ENDS - 1
    expect(await asked('01')).toMatchObject({ fields: { overlapEnd: '20260725120000' } })
    expect(await asked('02')).toMatchObject({ class: 'REJ-FORMAT', fields: { wrongField: 'certType' } })
  })

  test('is asked by members only', async () => {
    const stage = play()
    const bank = stage.world(BANK, memoryStore({ now: () => stage.now }))
    expect(await call(bank, 'key.fetch', SWITCH, { certType: '01' }, 1000)).toMatchObject({
      class: 'REJ-ROUTE',
    })
  })
})

function certificate(whose: 'network' | 'stranger', commonName: string, use: 'sign' | 'encrypt'): string {
  const key = newer?.key
  if (key === undefined) throw new Error('the network is in rotation')
  const notBefore = NOON - DAY_MS
  const request = { commonName, use, key, serial: '4711', notBefore, notAfter: NOON + 900 * DAY_MS }
  return writePem('CERTIFICATE', testAuthority('sm', whose).issue(request))
}
