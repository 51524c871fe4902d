// DESIGN 4, “why so”: one test for each sentence about the envelope.
import { describe, expect, test } from 'vitest'
import { concat, equalBytes, sm3, utf8 } from '../crypto/crypto.ts'
import { INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { example, pair } from './testing.ts'
import {
  type Evidence,
  encodeHead,
  frameBytes,
  lp,
  messageKeys,
  open,
  type Parts,
  readFrame,
  seal,
  type Sealed,
  signedInside,
  signedOutside,
  tagOf,
} from './wire.ts'

const PROFILE = { 'sign-then-encrypt': 'unionpay', 'encrypt-then-sign': 'unionpay-ets' } as const

function partsOf(sealed: Sealed): Parts {
  const frame = readFrame(sealed.bytes)
  if ('fault' in frame) throw new Error('not a frame')
  return frame.parts
}

describe.each(Object.entries(PROFILE))('%s', (order, profile) => {
  test('keys derive from the head: a block lifted under another head fails at the tag, before anything is decrypted', async () => {
    const { at } = await pair(profile)
    const a = await seal(at(SWITCH), { type: 'debit', to: INSTITUTION, fields: example('debit') })
    const b = await seal(at(SWITCH), {
      type: 'debit',
      to: INSTITUTION,
      fields: { ...example('debit'), amount: 1n },
    })
    const { wrap, iv, cipher, tag } = partsOf(b.sealed)
    const head = partsOf(a.sealed).head
    // The lifter is even allowed to sign the whole anew: the signature holds, the tag does not.
    const sign =
      order === 'encrypt-then-sign'
        ? await at(SWITCH).keys.sign(a.head.signcert, signedOutside(head, wrap, iv, cipher, tag))
        : new Uint8Array()
    const lifted = { ...a.sealed, bytes: frameBytes({ head, wrap, iv, cipher, tag, sign }) }
    const seen: Evidence[] = []
    const opened = await open({ ...at(INSTITUTION), observe: (evidence) => seen.push(evidence) }, lifted, {
      requests: ['debit'],
    })
    expect(opened).toMatchObject({ kind: 'refused', class: 'REJ-CRYPTO', step: 'tag' })
    expect(seen[0]?.domain).toBeUndefined()
  })

  test('lengths are prefixed: bytes moved from one part to the next never sign alike', () => {
    const head = utf8('v=sifang/1\n')
    expect(
      equalBytes(signedInside(concat(head, utf8('1')), utf8('00')), signedInside(head, utf8('100'))),
    ).toBe(false)
    expect(equalBytes(lp(utf8('amount=1')), lp(utf8('amount=100')).subarray(0, 12))).toBe(false)
    const [w, iv, c, t] = [utf8('wrap'), utf8('iv'), utf8('cipher'), utf8('tag')]
    expect(
      equalBytes(
        signedOutside(head, w, iv, c, t),
        signedOutside(head, concat(w, utf8('i')), utf8('v'), c, t),
      ),
    ).toBe(false)
    expect(
      equalBytes(tagOf(sm3(w), head, w, iv, c), tagOf(sm3(w), concat(head, utf8('w')), utf8('rap'), iv, c)),
    ).toBe(false)
  })

  test('each use of a key has its own label: what was signed or tagged for one use holds for no other', async () => {
    const { at } = await pair(profile)
    const head = encodeHead(
      (await seal(at(SWITCH), { type: 'debit', to: INSTITUTION, fields: example('debit') })).head,
    )
    const empty = new Uint8Array()
    // The same parts, given to all three uses.
    const uses = [signedInside(head, empty), signedOutside(head, empty, empty, empty, empty)]
    expect(equalBytes(uses[0] ?? empty, uses[1] ?? empty)).toBe(false)
    for (const use of uses) expect(Buffer.from(use).toString('latin1')).toMatch(/^sifang\/1 (ste|ets)\0/)
    const keys = messageKeys(sm3(head), head)
    expect(equalBytes(keys.encrypt, keys.mac.subarray(0, 16))).toBe(false)
  })

  test('a reply names its request: the reply to another request is refused by its reference', async () => {
    const { at } = await pair(profile)
    const [one, two] = await Promise.all(
      [1n, 2n].map((amount) =>
        seal(at(SWITCH), { type: 'debit', to: INSTITUTION, fields: { ...example('debit'), amount } }),
      ),
    )
    if (one === undefined || two === undefined) throw new Error('two messages')
    const reply = await seal(at(INSTITUTION), {
      type: 'debit.reply',
      to: SWITCH,
      ref: one.ref,
      fields: example('debit.reply'),
    })
    const right = await open(at(SWITCH), reply.sealed, {
      replyTo: { type: 'debit', to: INSTITUTION, ref: one.ref },
    })
    const swapped = await open(at(SWITCH), reply.sealed, {
      replyTo: { type: 'debit', to: INSTITUTION, ref: two.ref },
    })
    expect(right.kind).toBe('opened')
    expect(swapped).toMatchObject({ kind: 'refused', class: 'REJ-ROUTE', step: 'reference', field: 'ref' })
  })
})
