// The NetsUnion-like network: every message there and back, values that have exactly one form, codes in two layers.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fieldsOf } from './arbitraries.ts'
import { messageOf } from './codec.ts'
import { namesOf } from './netsunion-names.ts'
import { codeHeard, codeTold } from './netsunion-codes.ts'
import { partyCode, partyNumber } from './netsunion-forms.ts'
import { example, MESSAGE_TYPES } from './testing.ts'
import { CLASSES, decode, encode, type Fields, membersOf } from './wire.ts'

const told = (fields: Partial<Fields<'debit'>> = {}) =>
  membersOf('debit', { ...example('debit'), ...fields }, 'netsunion')
const heard = (change: Readonly<Record<string, string>>) => {
  const { memo: _memo, ...rest } = example('debit')
  const members = { ...membersOf('debit', rest as Fields<'debit'>, 'netsunion'), ...change }
  return messageOf('debit', members, 'netsunion')
}

describe('names', () => {
  test.each(MESSAGE_TYPES)('%s: every member has a name of its own', (type) => {
    const { rows, joint } = namesOf(type)
    const names = [...rows.map(({ name }) => name), ...(joint ? ['TrxAmt'] : [])]
    expect(new Set(names).size).toBe(names.length)
    for (const { rows: inner } of rows)
      expect(new Set(inner?.map(({ name }) => name)).size).toBe(inner?.length ?? 0)
  })

  test('a debit is told as facts/netsunion-gm 4.2 has it', () => {
    expect(told()).toMatchObject({
      TrxId: '2026061500004320000012341000000',
      TrxDtTm: '2026-06-15T12:00:00',
      TrxAmt: 'CNY10.00',
      BatchId: 'B202606150001',
      SgnNo: '620000000000000001',
      PyeeAcctIssrId: 'Z1000048020001',
      OrdrId: 'ORDER00000001',
    })
    expect(Object.keys(told())).not.toContain('txnAmt')
  })

  test('the names of the other network are nobody’s here', () => {
    expect(heard({ TrxAmt: 'CNY10.00', txnAmt: '1' })).toMatchObject({
      message: { fields: { amount: 1000n } },
    })
  })
})

describe('there and back', () => {
  test.each(MESSAGE_TYPES)('%s, the example', (type) => {
    const bytes = encode(type, example(type), 'netsunion')
    expect(decode(type, bytes, 'netsunion')).toEqual({ message: { type, fields: example(type) } })
  })

  test.each(MESSAGE_TYPES)('%s, by chance', (type) => {
    fc.assert(
      fc.property(fieldsOf(type), (fields) => {
        expect(decode(type, encode(type, fields, 'netsunion'), 'netsunion')).toEqual({
          message: { type, fields },
        })
      }),
      { numRuns: 40 },
    )
  })
})

describe('one form for each value', () => {
  test.each([
    'CNY201.7',
    'CNY201',
    'CNY201.700',
    'CNY0201.70',
    'CNY-1.00',
    'CNY+1.00',
    'CNY1e3',
    'N15610.00',
    'XXX1.00',
    'cny1.00',
    'JPY1.50',
    'KWD1.23',
    'KWD1.2340',
    'KWD01.234',
    ' CNY1.00',
    '',
  ])('TrxAmt %j is refused', (TrxAmt) => {
    expect(heard({ TrxAmt })).toMatchObject({ fault: { field: 'TrxAmt' } })
  })
  test.each([
    ['CNY201.70', 20170n, '156'],
    ['CNY0.01', 1n, '156'],
    ['JPY300.00', 300n, '392'],
    ['KWD1.234', 1234n, '414'],
    ['KWD0.005', 5n, '414'],
    ['N99910.00', 1000n, '999'],
  ])('TrxAmt %s is read', (TrxAmt, amount, currency) => {
    expect(heard({ TrxAmt })).toMatchObject({ message: { fields: { amount, currency } } })
  })
  test.each([
    ['TrxDtTm', '20260615120000'],
    ['TrxDtTm', '2026-06-15 12:00:00'],
    ['TrxDtTm', '2026-06-15T12:00:00+08:00'],
    ['TrxId', '20260615432000001234'],
    ['TrxId', '2026061500004320000012340000000'],
    ['TrxId', '2026061500004320000012341000001'],
    ['BatchId', '20260615'],
    ['PyeeAcctIssrId', '48020001'],
    ['PyeeAcctIssrId', 'C1000048020001'],
  ])('%s %s is refused, by its own name', (name, value) => {
    expect(heard({ [name]: value })).toMatchObject({ fault: { field: name } })
  })
  test('a missing member is named as the network names it', () => {
    const { OrdrId: _gone, ...members } = told()
    expect(messageOf('debit', members, 'netsunion')).toMatchObject({ fault: { field: 'OrdrId' } })
  })
  test('party numbers', () => {
    expect(partyNumber('00010000')).toBe('G4000311000018')
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), minLength: 8, maxLength: 8 }),
        (code) => {
          expect(partyCode(partyNumber(code))).toBe(code)
        },
      ),
    )
  })
})

describe('codes', () => {
  const types = [
    'debit.reply',
    'credit.reply',
    'card.sign.reply',
    'agreement.cancel.reply',
    'bank.payout.reply',
    'void.reply',
    'query.reply',
  ] as const

  test.each(types)('%s: every class is one code of eight, and back', (type) => {
    const seen = CLASSES.map(({ unionpay }) => codeTold(type, unionpay))
    expect(new Set(seen).size).toBe(CLASSES.length)
    for (const { unionpay } of CLASSES) {
      expect(codeTold(type, unionpay)).toMatch(/^[A-Z0-9]{8}$/)
      expect(codeHeard(type, codeTold(type, unionpay))).toBe(unionpay)
    }
  })

  test.each([
    ['debit.reply', 'PB520011', 'DECL-FUNDS'],
    ['debit.reply', 'PB521012', 'DECL-FUNDS'],
    ['debit.reply', 'PB521021', 'DECL-LIMIT'],
    ['credit.reply', 'RB622021', 'DECL-ORIG'],
    ['credit.reply', 'RB620005', 'DECL-ACCOUNT'],
    ['card.sign.reply', 'PB511027', 'DECL-AUTH'],
    ['bank.payout.reply', 'RB623023', 'DECL-LIMIT'],
  ] as const)('%s %s is %s', (type, code, name) => {
    expect(CLASSES.find(({ unionpay }) => unionpay === codeHeard(type, code))?.class).toBe(name)
  })

  const reply = (members: Readonly<Record<string, string>>) =>
    messageOf('card.debit.reply', members, 'netsunion')
  const said = (answer: string, because: string) => ({ message: { fields: { answer, because } } })

  test('two layers: whether it was handled, and what the business said', () => {
    expect(membersOf('debit.reply', { answer: '64', because: 'x' }, 'netsunion')).toEqual({
      SysRtnCd: '00000000',
      BizStsCd: 'PB520011',
      BizStsDesc: 'x',
    })
    expect(membersOf('debit.reply', { answer: '11', because: 'x' }, 'netsunion')).toEqual({
      SysRtnCd: 'PS500025',
      SysRtnDesc: 'x',
    })
    expect(membersOf('notify.payer.reply', { answer: '00', because: 'x' }, 'netsunion')).toEqual({
      SysRtnCd: '00000000',
      SysRtnDesc: 'x',
    })
  })
  test.each(['PB520777', 'PX000000', '00000001', 'HU000000', 'HU0000', ''])(
    'code %j is no success and no known no',
    (code) => {
      expect(reply({ SysRtnCd: '00000000', BizStsCd: code, BizStsDesc: 'x' })).toMatchObject(said('ZZ', 'x'))
    },
  )
  test('a system code beside a business success is no success', () => {
    expect(reply({ SysRtnCd: 'ES000777', SysRtnDesc: 'x', BizStsCd: '00000000' })).toMatchObject(
      said('ZZ', 'x'),
    )
  })
  test('ES000033: the receiver gave no answer, so the outcome is asked for', () => {
    expect(reply({ SysRtnCd: 'ES000033', SysRtnDesc: 'x' })).toMatchObject(said('05', 'x'))
  })
  test('ES000098 and ES000099: the bank’s own code is in the text', () => {
    expect(reply({ SysRtnCd: 'ES000098', BizStsDesc: 'PS500030' })).toMatchObject(said('ZZ', 'PS500030'))
    expect(reply({ SysRtnCd: 'ES000099', BizStsDesc: 'PS500022 bad format' })).toMatchObject(
      said('10', 'bad format'),
    )
    const relayed = { answer: '10', because: 'bad format', attempt: 'ATTEMPT00001' }
    expect(membersOf('card.debit.reply', relayed, 'netsunion')).toMatchObject({
      SysRtnCd: 'ES000098',
      BizStsDesc: 'PS500022 bad format',
    })
  })
  test('a handled message without a word about the business says nothing', () => {
    expect(reply({ SysRtnCd: '00000000', SysRtnDesc: 'x' })).toMatchObject({ fault: { field: 'BizStsCd' } })
  })
})
