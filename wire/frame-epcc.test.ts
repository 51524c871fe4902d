// The frame EPCC: every message there and back, each reason to refuse with a fault planted, and nothing fetched or expanded.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Forge, forgeMessage } from '../mocks/mocks.ts'
import { ACQUIRER_A, BANK, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { fieldsOf } from './arbitraries.ts'
import { EPCC_STEPS } from './epcc-open.ts'
import { edge, example, MESSAGE_TYPES, NOON, pair } from './testing.ts'
import {
  claimedHead,
  claimedRef,
  claimedType,
  epccBytes,
  epccSigned,
  type Fields,
  isTurned,
  type MessageType,
  open,
  type Opened,
  type OpenStep,
  type Refused,
  seal,
  type Sealer,
  turnAway,
} from './wire.ts'

const PROFILES = ['netsunion-epcc-rsa', 'netsunion-epcc-sm'] as const
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

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

type Outcome = readonly [kind: string, step: OpenStep, field: string]
type Fault = readonly [name: string, forge: Forge, outcome: Outcome]
const DOCTYPE = '<!DOCTYPE root [<!ENTITY x SYSTEM "file:///etc/passwd">]>'

/** In the order of the steps. */
const FAULTS: readonly Fault[] = [
  ['too long', { pad: 300_000 }, ['REJ-SIZE', 'size', '(message)']],
  ['another content type', { contentType: 'text/xml' }, ['REJ-TYPE', 'form', 'content-type']],
  ['another charset', { contentType: 'application/xml;charset=gbk' }, ['REJ-TYPE', 'form', 'content-type']],
  ['trailing bytes', { pad: 3 }, ['REJ-FORMAT', 'form', '{S:}']],
  ['cut short', { cut: 5 }, ['REJ-FORMAT', 'form', '{S:}']],
  ['a document type', { doctype: DOCTYPE }, ['REJ-FORMAT', 'form', '(message)']],
  ['an entity', { entity: { OrdrId: '&x;' } }, ['REJ-FORMAT', 'form', 'OrdrId']],
  ['a member twice', { twice: { txnAmt: '"1"' } }, ['REJ-FORMAT', 'form', 'TrxInf']],
  ['no time', { headWithout: ['ts'] }, ['REJ-FORMAT', 'form', 'SndDt']],
  ['a certificate number in hex', { head: { signcert: '0x1f' } }, ['REJ-FORMAT', 'form', 'SignSN']],
  [
    'a certificate number with another zero',
    { head: { signcert: '06800000001' } },
    ['REJ-FORMAT', 'form', 'SignSN'],
  ],
  ['an unknown type', { head: { type: 'gift' } }, ['REJ-TYPE', 'form', 'MsgTp']],
  ['posted elsewhere', { path: '/nowhere' }, ['REJ-TYPE', 'address', 'path']],
  ['expired', { head: { signcert: 'expired' } }, ['REJ-CERT', 'certificate', 'SignSN']],
  ['revoked', { head: { signcert: 'revoked' } }, ['REJ-CERT', 'certificate', 'SignSN']],
  ['not in the directory', { head: { signcert: 'unknown' } }, ['REJ-CERT', 'certificate', 'SignSN']],
  ['somebody else’s name', { head: { from: ACQUIRER_A } }, ['REJ-CERT', 'certificate', 'SignSN']],
  ['no signature', { sign: 'none' }, ['REJ-SIG', 'signature', '{S:}']],
  ['one bit of the signature', { sign: 'flip' }, ['REJ-SIG', 'signature', 'S']],
  ['a member changed after signing', { afterSigning: { txnAmt: '"1"' } }, ['REJ-SIG', 'signature', 'S']],
  ['the time changed after signing', { headAfter: { ts: '-1s' } }, ['REJ-SIG', 'signature', 'S']],
  ['too old', { head: { ts: '-301s' } }, ['REJ-REPLAY', 'time', 'SndDt']],
  ['no real time', { head: { ts: '2026-02-30T12:00:00' } }, ['REJ-FORMAT', 'time', 'SndDt']],
  ['an amount of one place', { members: { txnAmt: '"1e3"' } }, ['REJ-FORMAT', 'fields', 'TrxAmt']],
  ['an amount missing', { without: ['txnAmt'] }, ['REJ-FORMAT', 'fields', 'TrxAmt']],
  ['an order missing', { without: ['orderNo'] }, ['REJ-FORMAT', 'fields', 'OrdrId']],
]

describe.each(PROFILES)('%s refuses', (profile) => {
  async function refusedBy(forge: Forge): Promise<Opened | Refused> {
    const { at, network } = await pair(profile)
    const named = network.spoiled[(forge.head?.signcert ?? '') as keyof typeof network.spoiled] as
      | string
      | undefined
    const meant = named === undefined ? forge : { ...forge, head: { ...forge.head, signcert: named } }
    const forged = await forgeMessage(at(SWITCH), 'debit', INSTITUTION, example('debit'), meant)
    return open(at(INSTITUTION), forged.sealed, { requests: ['debit'] })
  }

  test('nothing that is right', async () => {
    expect(await refusedBy({})).toMatchObject({ kind: 'opened', message: { fields: example('debit') } })
    expect(await refusedBy({ reordered: true })).toMatchObject({
      kind: 'opened',
      message: { fields: example('debit') },
    })
    expect(await refusedBy({ members: { extra: '"new"' } })).toMatchObject({ kind: 'opened' })
  })

  test.each(FAULTS)('%s', async (_name, forge, [kind, step, field]) => {
    const refused = await refusedBy(forge)
    expect(refused).toMatchObject({ kind: 'refused', class: kind, step, field })
    const { rule, offset } = refused as Refused
    expect(rule.zh).not.toBe(rule.en)
    if (kind === 'REJ-FORMAT' && !step.startsWith('fields')) expect(offset).toBeTypeOf('number')
  })

  test('of two faults the earlier step is said', async () => {
    const order = FAULTS.map(([, , [, step]]) => EPCC_STEPS.indexOf(step))
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    const both: Forge = { sign: 'flip', head: { ts: '-301s' }, members: { txnAmt: '"01"' } }
    expect(await refusedBy(both)).toMatchObject({ step: 'signature' })
    expect(await refusedBy({ ...both, head: { signcert: 'expired', ts: '-301s' } })).toMatchObject({
      step: 'certificate',
    })
    expect(await refusedBy({ ...both, contentType: 'text/xml' })).toMatchObject({ step: 'form' })
  })

  test('a reply to another request, of another party, or of another kind', async () => {
    const { at } = await pair(profile)
    const fields = example('debit.reply')
    const ask = (transaction: string) =>
      seal(at(SWITCH), { type: 'debit', to: INSTITUTION, fields: { ...example('debit'), transaction } })
    const [one, two] = [await ask('20260615432000001234'), await ask('20260615432000009999')]
    const reply = await seal(at(INSTITUTION), { type: 'debit.reply', to: SWITCH, ref: one.ref, fields })
    const opened = (ref: string, to = INSTITUTION, type: 'debit' | 'credit' | 'user.status' = 'debit') =>
      open(at(SWITCH), reply.sealed, { replyTo: { type, to, ref } })
    expect(await opened(one.ref)).toMatchObject({ kind: 'opened' })
    expect(await opened(two.ref)).toMatchObject({ class: 'REJ-ROUTE', step: 'reference', field: 'TrxId' })
    expect(await opened(one.ref, BANK)).toMatchObject({
      class: 'REJ-ROUTE',
      step: 'reference',
      field: 'IssrId',
    })
    expect(await opened(one.ref, INSTITUTION, 'user.status')).toMatchObject({
      class: 'REJ-TYPE',
      step: 'reference',
      field: 'MsgTp',
    })
  })

  test('a refusal goes back as 303, and reads as what it was', async () => {
    const { at } = await pair(profile)
    const forged = await forgeMessage(at(SWITCH), 'debit', INSTITUTION, example('debit'), { sign: 'none' })
    const refused = await open(at(INSTITUTION), forged.sealed, { requests: ['debit'] })
    const back = await turnAway(at(INSTITUTION), refused as Refused)
    if (isTurned(back)) throw new Error('a plain refusal')
    expect(textOf(back.bytes)).toMatch(/<MsgTp>epcc\.303\.001\.01<.*<SysRtnCd>PS500022</)
    const heard = await open(at(SWITCH), back, {
      replyTo: { type: 'debit', to: INSTITUTION, ref: forged.ref },
    })
    expect(heard).toMatchObject({ kind: 'opened', message: { fields: { answer: '11', wrongField: '{S:}' } } })
  })

  test('an envelope that does not open, a value that is not enciphered, an envelope for somebody else', async () => {
    const { at } = await pair(profile)
    const type = 'agreement.apply'
    const { sealed } = await seal(at(SWITCH), { type, to: INSTITUTION, fields: example(type) })
    const resigned = async (change: (root: string) => string) => {
      const root = change(/<root.*<\/root>/s.exec(textOf(sealed.bytes))?.[0] ?? '')
      const signer = at(SWITCH).directory.current(SWITCH, 'sign', NOON)?.id ?? ''
      const bytes = epccBytes(root, `{S:${await epccSigned(at(SWITCH), root, signer)}}`)
      return open(at(INSTITUTION), { ...sealed, bytes }, { requests: [type] })
    }
    const value = (name: string, text: string) => (root: string) =>
      root.replace(new RegExp(`<${name}>[^<]*</${name}>`), text === '' ? '' : `<${name}>${text}</${name}>`)
    const crypto = { class: 'REJ-CRYPTO', step: 'decrypt', field: '(enciphered)' }
    expect(await resigned((root) => root)).toMatchObject({ kind: 'opened' })
    expect(
      await resigned((root) =>
        root.replace(/<DgtlEnvlp>./, (at) => at.slice(0, -1) + (at.endsWith('A') ? 'B' : 'A')),
      ),
    ).toMatchObject(crypto)
    expect(await resigned(value('MobNo', 'AAAA'))).toMatchObject(crypto)
    expect(await resigned(value('MobNo', '13800000001'))).toMatchObject(crypto)
    const bare = (root: string) => value('NcrptnSN', '')(value('DgtlEnvlp', '')(root))
    expect(await resigned(bare)).toMatchObject({ class: 'REJ-FORMAT', step: 'form', field: 'SgnAcctId' })
    const other = at(SWITCH).directory.current(BANK, 'encrypt', NOON)?.id ?? ''
    expect(await resigned(value('NcrptnSN', other))).toMatchObject({ class: 'REJ-CERT', field: 'NcrptnSN' })
  })

  test('HTTP headers that say otherwise', async () => {
    const { at } = await pair(profile)
    const { sealed } = await seal(at(SWITCH), { type: 'debit', to: INSTITUTION, fields: example('debit') })
    for (const [name, value] of [
      ['MsgTp', 'epcc.205.001.01'],
      ['OriIssrId', 'Z1000048020001'],
    ] as const)
      expect(
        await open(
          at(INSTITUTION),
          { ...sealed, headers: { ...sealed.headers, [name]: value } },
          { requests: ['debit'] },
        ),
      ).toMatchObject({ class: 'REJ-FORMAT', field: name })
  })

  test('external and nested entities in less than 100 ms, however often', async () => {
    const { at } = await pair(profile)
    const nested = Array.from({ length: 40 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`).join(
      '',
    )
    const bombs: readonly Forge[] = [
      { doctype: DOCTYPE, entity: { OrdrId: '&x;' } },
      { doctype: `<!DOCTYPE root [<!ENTITY e0 "ha">${nested}]>`, entity: { OrdrId: '&e40;' } },
      { entity: { OrdrId: '&#65;'.repeat(30_000) } },
      { entity: { OrdrId: '<a>'.repeat(50_000) } },
    ]
    for (const bomb of bombs) {
      const forged = await forgeMessage(at(SWITCH), 'debit', INSTITUTION, example('debit'), bomb)
      // The forger has read it already, and what was read is remembered: these are other bytes.
      const bytes = Uint8Array.from(forged.sealed.bytes)
      const before = process.cpuUsage()
      const refused = await open(at(INSTITUTION), { ...forged.sealed, bytes }, { requests: ['debit'] })
      expect(refused).toMatchObject({ class: 'REJ-FORMAT', step: 'form' })
      expect(process.cpuUsage(before).user / 1000).toBeLessThan(100)
    }
  })

  test('any change of any byte that is signed, and nothing ever throws', async () => {
    const { at } = await pair(profile)
    const { sealed } = await seal(at(SWITCH), { type: 'debit', to: INSTITUTION, fields: example('debit') })
    const [first, last] = [
      textOf(sealed.bytes).indexOf('<root'),
      Buffer.from(sealed.bytes).indexOf('</root>') + 6,
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: first, max: last }),
        fc.integer({ min: 1, max: 255 }),
        async (place, mask) => {
          const bytes = Uint8Array.from(sealed.bytes)
          bytes[place] = (bytes[place] ?? 0) ^ mask
          expect((await open(at(INSTITUTION), { ...sealed, bytes }, { requests: ['debit'] })).kind).toBe(
            'refused',
          )
        },
      ),
      { numRuns: 60 },
    )
  })
})
