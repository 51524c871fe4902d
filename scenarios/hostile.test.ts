// Hostile messages against both subjects, in every frame: only refusals, soon, without effect and without growing.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { inProcessStage, type Role, seeded, SWITCH } from './scenarios.ts'
import { PROFILES, REQUEST_TYPES, type RequestType, SENDERS } from '../wire/wire.ts'
import { hurl } from './hostile.ts'

/** A million in the full form, over all; a fiftieth of it in the quick one. */
const ALL = process.env['SIFANG_SLOW'] === '1' ? 200_000 : 0
const FULL = process.env['SIFANG_FULL'] === '1' ? 1_000_000 : ALL
const TOTAL = FULL === 0 ? 20_000 : FULL
const SLOWEST_MS = 1_000
const GROWTH_MAX = 48 << 20

const HEARD: Readonly<Record<Role, readonly RequestType[]>> = {
  'account-institution': REQUEST_TYPES.filter(
    (type) =>
      SENDERS[type] === 'switch' && !['notify.payee', 'settle'].includes(type) && !type.startsWith('bank.'),
  ),
  acquirer: ['notify.payee'],
}
/** One profile for each frame and suite: the order of the steps is another dimension only in sifang/1. */
const IN = ['sim', 'sim-ets', 'unionpay', 'unionpay-qrc-sm', 'unionpay-acp', 'netsunion-epcc-sm', 'netsunion']
const CASES = Object.keys(HEARD).flatMap((role) => IN.map((id) => [role as Role, id] as const))
const SHARE = Math.ceil(TOTAL / CASES.length)

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const held = (): number => {
  collect()
  return process.memoryUsage().heapUsed
}

describe.each(CASES)('%s in %s', (role, id) => {
  test(`${SHARE} hostile messages: refusals only`, { timeout: 900_000 }, async () => {
    const profile = PROFILES[id] ?? expect.fail(id)
    const stage = await inProcessStage({ profile, seed: `hostile ${role}`, sink: () => undefined, role })
    stage.recorder.open('hostile')
    const ledger = async (): Promise<unknown> =>
      role === 'acquirer'
        ? (await stage.subject.api('GET', '/till/cases')).body
        : (await stage.subject.api('GET', '/control/ledger')).body
    const before = await ledger()
    let early = 0
    const hurled = await hurl({
      stage,
      from: SWITCH,
      types: HEARD[role],
      count: SHARE,
      seed: 7,
      random: seeded(`${id}/${role}`),
      elapsed: () => process.cpuUsage().user / 1000,
      on: (sent) => {
        if (early === 0 && sent >= SHARE / 2) early = held()
      },
    })
    expect(hurled.faults.map(({ how, said }) => `${how}: ${said}`)).toEqual([])
    expect(hurled.sent).toBe(SHARE)
    expect(hurled.slowestMs).toBeLessThan(SLOWEST_MS)
    expect(await ledger()).toEqual(before)
    if (early > 0) expect(held() - early).toBeLessThan(GROWTH_MAX)
  })
})
