// Days from a seed are the same days again, and every invariant holds on them; and each invariant that is judged is violated by
// exports in which just that was made wrong.
import { beforeAll, describe, expect, test } from 'vitest'
import { clearingDays, type DayExports } from '../scenarios/scenarios.ts'
import { PROFILES } from '../wire/wire.ts'
import { simulate } from './simulate.ts'
import { judgeDay, type LaterView } from './simulate-judge.ts'

const profile = PROFILES['sim'] ?? expect.fail('sim')
const at = (text: string): number => Date.parse(`${text}+08:00`)
const [DAY, INSTITUTION] = ['20260615', '62010001']

test('two runs of a seed are one, and another seed is another', async () => {
  const [one, again, other] = [
    await simulate({ profile, seed: 'a', days: 3 }),
    await simulate({ profile, seed: 'a', days: 3 }),
    await simulate({ profile, seed: 'b', days: 3 }),
  ]
  expect(one.violated).toEqual([])
  expect(other.violated).toEqual([])
  expect(again).toEqual(one)
  expect(other.transcript).not.toBe(one.transcript)
  expect(one.days.filter(({ business }) => business)).toHaveLength(3)
  expect(one.days.reduce((sum, { items }) => sum + items, 0)).toBeGreaterThan(10)
})

test('a weekend and a holiday are paid with the business day after them', async () => {
  const { days, violated } = await simulate({ profile, seed: 'c', days: 5, busy: 4 })
  expect(violated).toEqual([])
  // The 19th is Dragon Boat, and the 20th and 21st its weekend.
  expect(days.map(({ day, business }) => `${day}${business ? '' : ' off'}`)).toEqual([
    '20260615',
    '20260616',
    '20260617',
    '20260618',
    '20260619 off',
    '20260620 off',
    '20260621 off',
    '20260622',
  ])
})

describe('what is made wrong is found', () => {
  let exports: DayExports
  let later: LaterView

  beforeAll(async () => {
    const network = await clearingDays({ profile, seed: 'wrong', start: at('2026-06-15T09:00:00') })
    for (let hour = 10; hour < 22; hour += 1) {
      await network.advance(at(`2026-06-15T${hour}:00:00`))
      await network.act()
    }
    await network.advance(at('2026-06-16T10:10:00'))
    const cash = await network.handStatement(DAY)
    exports = await network.exports(DAY)
    later = { cash, again: await network.loadAgain(DAY), after: await network.exports(DAY) }
  })

  const violatedBy = async (
    wrong: Partial<DayExports>,
    more: Partial<LaterView> = {},
  ): Promise<readonly string[]> => {
    const { all } = await judgeDay(DAY, { ...exports, ...wrong }, { ...later, ...more })
    return all.filter(({ verdict }) => verdict === 'violated').map(({ invariant }) => invariant)
  }

  test('nothing is, as it stands', async () => {
    expect(await violatedBy({})).toEqual([])
    expect((await judgeDay(DAY, exports, later)).items).toBeGreaterThan(4)
  })

  test('a net that was told otherwise: INV-29 and INV-30', async () => {
    const nets = new Map(
      [...exports.nets].map(([party, net]) => [party, party === INSTITUTION ? net + 1n : net]),
    )
    expect(await violatedBy({ nets })).toEqual(['INV-29', 'INV-30'])
  })

  test('a posting that is missing, or has another amount: INV-31 and INV-33', async () => {
    const sale = exports.ledger.find(({ what }) => what === 'purchase') ?? expect.fail('a sale')
    const ledger = exports.ledger.filter((line) => line !== sale)
    expect(await violatedBy({ ledger }, { after: { ...later.after, ledger } })).toEqual(['INV-31', 'INV-33'])
  })

  test('a file that lost its last lines: INV-32', async () => {
    const whole = exports.files.get(INSTITUTION) ?? expect.fail('file')
    const cut = whole.slice(0, Math.floor(whole.length / 2))
    expect(await violatedBy({ files: new Map(exports.files).set(INSTITUTION, cut) })).toContain('INV-32')
  })

  test('a bank that moved another sum: INV-33', async () => {
    const statement = exports.statement.replace(
      /\|(\d+)\|156\|/,
      (_, amount: string) => `|${Number(amount) + 1}|156|`,
    )
    expect(statement).not.toBe(exports.statement)
    expect((await violatedBy({ statement })).filter((one) => one !== 'INV-33')).toEqual([])
    expect(await violatedBy({}, { cash: { agrees: false } })).toEqual(['INV-33'])
  })

  test('an item that stands in two days: INV-34', async () => {
    const sale = exports.ledger.find(({ what }) => what === 'purchase') ?? expect.fail('a sale')
    const ledger = [...exports.ledger, { ...sale, clearingDay: '20260616' }]
    expect(await violatedBy({ ledger }, { after: { ...later.after, ledger } })).toEqual(['INV-34'])
  })

  test('a rerun that did something: INV-37', async () => {
    expect(await violatedBy({}, { again: { result: 'LOADED' } })).toEqual(['INV-37'])
    expect(await violatedBy({ close: { ...exports.close, verdicts: { MATCHED: 1 } } })).toEqual(['INV-37'])
  })

  test('suspense that no case holds: INV-38', async () => {
    const [first] = exports.ledger
    if (first === undefined) expect.fail('a posting')
    const lines = [
      { account: 'SUS:S', side: 'debit', amount: '5' },
      { account: 'OWN:x', side: 'credit', amount: '5' },
    ]
    const ledger = [...exports.ledger, { ...first, id: 'case:x', what: 'case', clearingDay: '', lines }]
    expect(await violatedBy({ ledger }, { after: { ...later.after, ledger } })).toEqual(['INV-38'])
  })

  test('a case that is left for people: REC-001', async () => {
    const open = { id: 'x', day: DAY, transaction: '1', state: 'OPEN' }
    const cases = [...exports.cases, open]
    expect(await violatedBy({ cases }, { after: { ...later.after, cases } })).toEqual(['REC-001'])
  })
})
