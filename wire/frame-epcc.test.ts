// The frame EPCC: every message there and back, each reason to refuse with a fault planted, and nothing fetched or expanded.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ACQUIRER_A, BANK, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { fieldsOf } from './arbitraries.ts'
import { ends, example, MESSAGE_TYPES, pair } from './testing.ts'
import {
  claimedHead,
  claimedRef,
  claimedType,
  type Fields,
  type MessageType,
  open,
  type RequestType,
  seal,
  type Sealer,
} from './wire.ts'

const PROFILES = ['netsunion-epcc-rsa', 'netsunion-epcc-sm'] as const
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

/** A reply goes back over the edge that its request came by. */
function edge(type: MessageType) {
  const request = type.replace(/\.reply$/, '') as RequestType
  const { from } = ends(request)
  const to =
    request.startsWith('bank.') || request === 'settle' ? (from === BANK ? SWITCH : BANK) : ends(request).to
  const receiver = ['notify.payee'].includes(request) ? ACQUIRER_A : to
  return { request, from, to: receiver }
}

async function thereAndBack(at: (party: string) => Sealer, type: MessageType, fields: Fields<MessageType>) {
  const { request, from, to } = edge(type)
  const asked = await seal(at(from), { type: request, to, fields: example(request) })
  if (type === request) {
    const sent = await seal(at(from), { type, to, fields })
    return { sent, opened: await open(at(to), sent.sealed, { requests: [request] }) }
  }
  const sent = await seal(at(to), { type, to: from, fields, ref: asked.ref })
  return {
    sent,
    opened: await open(at(from), sent.sealed, { replyTo: { type: request, to, ref: asked.ref } }),
  }
}

describe.each(PROFILES)('%s', (profile) => {
  test('every message goes there and back, and says what it is', async () => {
    const { at } = await pair(profile)
    for (const type of MESSAGE_TYPES) {
      const { sent, opened } = await thereAndBack(at, type, example(type))
      expect(opened, type).toMatchObject({ kind: 'opened', message: { type, fields: example(type) } })
      expect(claimedType(sent.sealed), type).toBe(type)
      expect(claimedHead(sent.sealed), type).toEqual(sent.head)
      if (!type.endsWith('.reply')) expect(claimedRef(sent.sealed), type).toBe(sent.ref)
    }
  }, 60_000)

  test('by chance', async () => {
    const { at } = await pair(profile)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...MESSAGE_TYPES).chain((type) => fc.tuple(fc.constant(type), fieldsOf(type))),
        async ([type, fields]) => {
          const { opened } = await thereAndBack(at, type, fields as Fields<MessageType>)
          expect(opened).toMatchObject({ kind: 'opened' })
          expect(opened.kind === 'opened' && opened.message.fields).toEqual(fields)
        },
      ),
      { numRuns: 150 },
    )
  }, 60_000)

  test('a debit and a sign-up as facts/netsunion-gm has them', async () => {
    const { at } = await pair(profile)
    const debit = await seal(at(SWITCH), { type: 'debit', to: INSTITUTION, fields: example('debit') })
    const text = textOf(debit.sealed.bytes)
    expect(text).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?><root xmlns="namespace_string"><MsgHeader><SndDt>2026-06-15T12:00:00<\/SndDt><MsgTp>epcc\.201\.001\.01<\/MsgTp><IssrId>G4000311000018<\/IssrId><Drctn>21<\/Drctn><SignSN>\d{10}<\/SignSN><\/MsgHeader><MsgBody><PyerInf><SgnNo>/,
    )
    expect(text).toMatch(/<\/root>\r\n\{S:[A-Za-z0-9+/=]+\}$/)
    expect(debit.sealed.headers).toEqual({ MsgTp: 'epcc.201.001.01', OriIssrId: 'G4000311000018' })
    const sign = textOf(
      (
        await seal(at(SWITCH), {
          type: 'agreement.apply',
          to: INSTITUTION,
          fields: example('agreement.apply'),
        })
      ).sealed.bytes,
    )
    expect(sign).toContain('<DgtlEnvlp>')
    for (const secret of ['测试甲', '110101199001011237', '13800000001', '6216261000000000018'])
      expect(sign).not.toContain(secret)
  })
})
