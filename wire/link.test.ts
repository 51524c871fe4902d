// A link is its sender's alone: read back as it was written, refused by the first reason when anything about it is not.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ACQUIRER_A, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { NOON, pair } from './testing.ts'
import { readLink, writeLink } from './wire.ts'

const TN = '202606151200000000001'
const UNTIL = NOON + 60_000

test.each(['sim', 'unionpay'])(
  '%s: what was written is read, and nothing that was changed',
  async (profile) => {
    const { at } = await pair(profile)
    const link = await writeLink(at(SWITCH), { tn: TN, validUntil: UNTIL })
    expect(await readLink(at(INSTITUTION), link, SWITCH)).toMatchObject({
      link: { tn: TN, validUntil: UNTIL },
    })
    await fc.assert(
      fc.asyncProperty(
        fc.nat(link.length - 1),
        fc.string({ minLength: 1, maxLength: 1 }),
        async (index, other) => {
          fc.pre(other !== link[index])
          const changed = link.slice(0, index) + other + link.slice(index + 1)
          const read = await readLink(at(INSTITUTION), changed, SWITCH)
          // The last characters of base64 may hold bits that mean nothing; then it is the same signature.
          const same = index === link.length - 1 && read.kind === 'link'
          if (!same) expect(read.kind).toBe('refused')
        },
      ),
      { numRuns: profile === 'sim' ? 400 : 60 },
    )
  },
)

test('signed by somebody else, over, or of another network: each refused by its own class', async () => {
  const { at, network } = await pair('sim')
  const theirs = await writeLink(at(ACQUIRER_A), { tn: TN, validUntil: UNTIL })
  expect(await readLink(at(INSTITUTION), theirs, SWITCH)).toMatchObject({ class: 'REJ-SIG', field: 'cert' })
  const own = await writeLink(at(SWITCH), { tn: TN, validUntil: UNTIL })
  expect(await readLink(at(INSTITUTION, UNTIL), own, SWITCH)).toMatchObject({ kind: 'link' })
  expect(await readLink(at(INSTITUTION, UNTIL + 1), own, SWITCH)).toMatchObject({ class: 'REJ-REPLAY' })
  const other = own.replace(TN, TN.replace(/1$/, '2'))
  expect(await readLink(at(INSTITUTION), other, SWITCH)).toMatchObject({ class: 'REJ-SIG', field: 'sign' })
  const expired = own.replace(/cert=[0-9]+/, `cert=${network.spoiled.expired}`)
  expect(await readLink(at(INSTITUTION), expired, SWITCH)).toMatchObject({ class: 'REJ-CERT' })
  expect(await readLink(at(INSTITUTION), 'https://pay.example/?tn=1', SWITCH)).toMatchObject({
    class: 'REJ-FORMAT',
  })
})
