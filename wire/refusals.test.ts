// The refusals of `open`, one list in one order: each fault has its class, step and field, and of two faults in one
// message the earlier step is the one that is said. Bad input never throws.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Forge, forgeMessage } from '../mocks/mocks.ts'
import { ACQUIRER_A, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { example, NOON, pair } from './testing.ts'
import {
  CLASSES,
  CONTENT_TYPE,
  OPEN_STEPS,
  type Opened,
  open,
  type OpenStep,
  type Refused,
  type Sealed,
} from './wire.ts'

type Fault = {
  readonly name: string
  readonly forge: Forge
  readonly class: string
  readonly step: OpenStep
  readonly field: string
}

const faults = (
  ste: boolean,
  spoiled: { expired: string; revoked: string; unknown: string },
): readonly Fault[] => [
  { name: 'too long', forge: { pad: 300_000 }, class: 'REJ-SIZE', step: 'size', field: '(message)' },
  {
    name: 'another content type',
    forge: { contentType: 'application/json' },
    class: 'REJ-TYPE',
    step: 'form',
    field: 'content-type',
  },
  { name: 'cut short', forge: { cut: 5 }, class: 'REJ-FORMAT', step: 'form', field: ste ? 'tag' : 'sign' },
  { name: 'trailing bytes', forge: { pad: 3 }, class: 'REJ-FORMAT', step: 'form', field: '(message)' },
  { name: 'no time', forge: { headWithout: ['ts'] }, class: 'REJ-FORMAT', step: 'form', field: 'ts' },
  {
    name: 'certificate id in hex',
    forge: { head: { signcert: '0x1f' } },
    class: 'REJ-FORMAT',
    step: 'form',
    field: 'signcert',
  },
  {
    name: 'unknown type',
    forge: { headAfter: { type: 'gift' } },
    class: 'REJ-TYPE',
    step: 'form',
    field: 'type',
  },
  {
    name: 'another profile',
    forge: { headAfter: { profile: 'netsunion' } },
    class: 'REJ-FORMAT',
    step: 'form',
    field: 'profile',
  },
  {
    name: 'a weaker suite',
    forge: { headAfter: { suite: 'md5' } },
    class: 'REJ-SIG',
    step: 'method',
    field: 'suite',
  },
  {
    name: 'for somebody else',
    forge: { headAfter: { to: ACQUIRER_A } },
    class: 'REJ-ROUTE',
    step: 'address',
    field: 'to',
  },
  {
    name: 'posted elsewhere',
    forge: { path: '/sifang/1/credit' },
    class: 'REJ-SIG',
    step: 'address',
    field: 'path',
  },
  {
    name: 'expired',
    forge: { head: { signcert: spoiled.expired } },
    class: 'REJ-CERT',
    step: 'certificate',
    field: 'signcert',
  },
  {
    name: 'revoked',
    forge: { head: { signcert: spoiled.revoked } },
    class: 'REJ-CERT',
    step: 'certificate',
    field: 'signcert',
  },
  {
    name: 'not in the directory',
    forge: { head: { signcert: spoiled.unknown } },
    class: 'REJ-CERT',
    step: 'certificate',
    field: 'signcert',
  },
  { name: 'too old', forge: { head: { ts: '-301s' } }, class: 'REJ-REPLAY', step: 'time', field: 'ts' },
  {
    name: 'tag',
    forge: { flip: 'tag' },
    class: ste ? 'REJ-CRYPTO' : 'REJ-SIG',
    step: ste ? 'tag' : 'signature',
    field: ste ? '(sealed block)' : 'sign',
  },
  {
    name: 'wrapped key',
    forge: { flip: 'wrap' },
    class: ste ? 'REJ-CRYPTO' : 'REJ-SIG',
    step: ste ? 'tag' : 'signature',
    field: ste ? '(sealed block)' : 'sign',
  },
  { name: 'no signature', forge: { sign: 'none' }, class: 'REJ-SIG', step: 'signature', field: 'sign' },
  {
    name: 'one bit of the signature',
    forge: { sign: 'flip' },
    class: 'REJ-SIG',
    step: 'signature',
    field: 'sign',
  },
  {
    name: 'a field changed after signing',
    forge: { afterSigning: { txnAmt: '"1"' } },
    class: 'REJ-SIG',
    step: 'signature',
    field: 'sign',
  },
  {
    name: 'amount as a number',
    forge: { members: { txnAmt: '12' } },
    class: 'REJ-FORMAT',
    step: 'fields',
    field: 'txnAmt',
  },
  {
    name: 'amount twice',
    forge: { twice: { txnAmt: '"1"' } },
    class: 'REJ-FORMAT',
    step: 'fields',
    field: 'txnAmt',
  },
  {
    name: 'amount missing',
    forge: { without: ['txnAmt'] },
    class: 'REJ-FORMAT',
    step: 'fields',
    field: 'txnAmt',
  },
]

describe.each(['unionpay', 'unionpay-ets'] as const)('%s', (profile) => {
  const ste = profile === 'unionpay'
  const order = ste ? 'sign-then-encrypt' : 'encrypt-then-sign'

  async function refusedBy(forge: Forge): Promise<Opened | Refused> {
    const { at } = await pair(profile)
    const forged = await forgeMessage(at(SWITCH), 'debit', INSTITUTION, example('debit'), forge)
    return open(at(INSTITUTION), forged.sealed, { requests: ['debit'] })
  }

  test('an honest message opens', async () => {
    expect(await refusedBy({})).toMatchObject({ kind: 'opened', message: { fields: { amount: 1000n } } })
  })

  test('every fault has its class, step and field', async () => {
    const { network } = await pair(profile)
    for (const fault of faults(ste, network.spoiled)) {
      const refused = await refusedBy(fault.forge)
      expect(refused, fault.name).toMatchObject({
        kind: 'refused',
        class: fault.class,
        step: fault.step,
        field: fault.field,
      })
    }
  })

  test('of two faults the earlier step is said', async () => {
    const { network } = await pair(profile)
    const list = faults(ste, network.spoiled)
    const named = (name: string): Fault => list.find((fault) => fault.name === name) ?? expect.fail(name)
    const pairs = [
      ['too long', 'expired'],
      ['another content type', 'too old'],
      ['a weaker suite', 'too old'],
      ['expired', 'amount twice'],
      ['too old', 'amount missing'],
      ['one bit of the signature', 'amount missing'],
      ['revoked', 'too old'],
    ] as const
    for (const [first, second] of pairs) {
      const [a, b] = [named(first), named(second)]
      const head = { ...b.forge.head, ...a.forge.head }
      const refused = await refusedBy({
        ...b.forge,
        ...a.forge,
        ...(Object.keys(head).length > 0 && { head }),
      })
      expect(refused, `${first} and ${second}`).toMatchObject({ class: a.class, step: a.step })
    }
    expect(OPEN_STEPS[order].indexOf('certificate')).toBeLessThan(OPEN_STEPS[order].indexOf('time'))
    expect(OPEN_STEPS[order].indexOf('signature') < OPEN_STEPS[order].indexOf('decrypt')).toBe(!ste)
  })

  test('any change of any byte is refused, and nothing ever throws', async () => {
    const { at } = await pair(profile)
    const forged = await forgeMessage(at(SWITCH), 'debit', INSTITUTION, example('debit'), {})
    const honest = forged.sealed.bytes
    await fc.assert(
      fc.asyncProperty(fc.nat(honest.length - 1), fc.integer({ min: 1, max: 255 }), async (at1, mask) => {
        const bytes = Uint8Array.from(honest)
        bytes[at1] = (bytes[at1] ?? 0) ^ mask
        const sealed: Sealed = { ...forged.sealed, bytes }
        expect((await open(at(INSTITUTION), sealed, { requests: ['debit'] })).kind).toBe('refused')
      }),
      { numRuns: 60 },
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        expect(
          (
            await open(
              at(INSTITUTION),
              { path: '/sifang/1/debit', contentType: CONTENT_TYPE, bytes },
              { requests: ['debit'] },
            )
          ).kind,
        ).toBe('refused')
      }),
      { numRuns: 200 },
    )
  })

  test('the time window is closed at both ends and the edge is inside', async () => {
    const { at } = await pair(profile)
    const forged = await forgeMessage(at(SWITCH), 'debit', INSTITUTION, example('debit'), {})
    for (const [shift, kind] of [
      [300, 'opened'],
      [-300, 'opened'],
      [301, 'refused'],
      [-301, 'refused'],
    ] as const) {
      expect(
        (await open(at(INSTITUTION, NOON + shift * 1000), forged.sealed, { requests: ['debit'] })).kind,
        String(shift),
      ).toBe(kind)
    }
  })
})

test('codes and classes are one to one', () => {
  expect(new Set(CLASSES.map((row) => row.class)).size).toBe(CLASSES.length)
  expect(new Set(CLASSES.map((row) => row.unionpay)).size).toBe(CLASSES.length)
})
