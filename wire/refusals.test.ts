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

type Outcome = readonly [kind: string, step: OpenStep, field: string]
type Fault = readonly [name: string, forge: Forge, outcome: Outcome, encryptThenSign?: Outcome]

const SEALED: Outcome = ['REJ-CRYPTO', 'tag', '(sealed block)']
const SIGN: Outcome = ['REJ-SIG', 'signature', 'sign']

/** In the order of the steps; a signing certificate may be named by what is wrong with it. */
const FAULTS: readonly Fault[] = [
  ['too long', { pad: 300_000 }, ['REJ-SIZE', 'size', '(message)']],
  ['another content type', { contentType: 'application/json' }, ['REJ-TYPE', 'form', 'content-type']],
  ['cut short', { cut: 5 }, ['REJ-FORMAT', 'form', 'tag'], ['REJ-FORMAT', 'form', 'sign']],
  ['trailing bytes', { pad: 3 }, ['REJ-FORMAT', 'form', '(message)']],
  ['no time', { headWithout: ['ts'] }, ['REJ-FORMAT', 'form', 'ts']],
  ['certificate id in hex', { head: { signcert: '0x1f' } }, ['REJ-FORMAT', 'form', 'signcert']],
  ['unknown type', { headAfter: { type: 'gift' } }, ['REJ-TYPE', 'form', 'type']],
  ['another profile', { headAfter: { profile: 'netsunion' } }, ['REJ-FORMAT', 'form', 'profile']],
  ['a weaker suite', { headAfter: { suite: 'md5' } }, ['REJ-SIG', 'method', 'suite']],
  ['for somebody else', { headAfter: { to: ACQUIRER_A } }, ['REJ-ROUTE', 'address', 'to']],
  ['posted elsewhere', { path: '/sifang/1/credit' }, ['REJ-SIG', 'address', 'path']],
  ['expired', { head: { signcert: 'expired' } }, ['REJ-CERT', 'certificate', 'signcert']],
  ['revoked', { head: { signcert: 'revoked' } }, ['REJ-CERT', 'certificate', 'signcert']],
  ['not in the directory', { head: { signcert: 'unknown' } }, ['REJ-CERT', 'certificate', 'signcert']],
  ['too old', { head: { ts: '-301s' } }, ['REJ-REPLAY', 'time', 'ts']],
  ['tag', { flip: 'tag' }, SEALED, SIGN],
  ['wrapped key', { flip: 'wrap' }, SEALED, SIGN],
  ['no signature', { sign: 'none' }, SIGN],
  ['one bit of the signature', { sign: 'flip' }, SIGN],
  ['a field changed after signing', { afterSigning: { txnAmt: '"1"' } }, SIGN],
  ['amount as a number', { members: { txnAmt: '12' } }, ['REJ-FORMAT', 'fields', 'txnAmt']],
  ['amount twice', { twice: { txnAmt: '"1"' } }, ['REJ-FORMAT', 'fields', 'txnAmt']],
  ['amount missing', { without: ['txnAmt'] }, ['REJ-FORMAT', 'fields', 'txnAmt']],
]

describe.each(['unionpay', 'unionpay-ets'] as const)('%s', (profile) => {
  const ste = profile === 'unionpay'
  const order = ste ? 'sign-then-encrypt' : 'encrypt-then-sign'

  async function refusedBy(forge: Forge): Promise<Opened | Refused> {
    const { at, network } = await pair(profile)
    const { signcert } = forge.head ?? {}
    const named = network.spoiled[signcert as keyof typeof network.spoiled] as string | undefined
    const meant = named === undefined ? forge : { ...forge, head: { ...forge.head, signcert: named } }
    const forged = await forgeMessage(at(SWITCH), 'debit', INSTITUTION, example('debit'), meant)
    return open(at(INSTITUTION), forged.sealed, { requests: ['debit'] })
  }

  test('an honest message opens', async () => {
    expect(await refusedBy({})).toMatchObject({ kind: 'opened', message: { fields: { amount: 1000n } } })
  })

  for (const [name, forge, outcome, encryptThenSign] of FAULTS) {
    test(name, async () => {
      const [kind, step, field] = ste ? outcome : (encryptThenSign ?? outcome)
      expect(await refusedBy(forge)).toMatchObject({ kind: 'refused', class: kind, step, field })
    })
  }

  test.each([
    ['too long', 'expired'],
    ['another content type', 'too old'],
    ['a weaker suite', 'too old'],
    ['expired', 'amount twice'],
    ['too old', 'amount missing'],
    ['one bit of the signature', 'amount missing'],
    ['revoked', 'too old'],
  ])('of two faults, %s is said before %s', async (first, second) => {
    const forgeOf = (name: string): Forge => FAULTS.find(([one]) => one === name)?.[1] ?? expect.fail(name)
    const [kind, step] = FAULTS.find(([one]) => one === first)?.[2] ?? expect.fail(first)
    const head = { ...forgeOf(second).head, ...forgeOf(first).head }
    const both = { ...forgeOf(second), ...forgeOf(first), ...(Object.keys(head).length > 0 && { head }) }
    expect(await refusedBy(both)).toMatchObject({ class: kind, step })
  })

  test('the signature is looked at before anything is decrypted exactly where it lies outside', () => {
    const steps = OPEN_STEPS[order]
    expect(steps.indexOf('certificate')).toBeLessThan(steps.indexOf('time'))
    expect(steps.indexOf('signature') < steps.indexOf('decrypt')).toBe(!ste)
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
