// The QRC and ACP frames: what every type says survives them, each fault is refused at its step with its field, a reply is
// only the reply to what it echoes, and the signature is what a stranger's few lines of node:crypto say it is.
import { createPublicKey, createHash, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Forge, forgeMessage } from '../mocks/mocks.ts'
import { ACQUIRER_A, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { fieldsOf } from './arbitraries.ts'
import { ends, example, MESSAGE_TYPES, NOON, pair, type Pair } from './testing.ts'
import {
  type Awaited,
  type Fields,
  FORM_STEPS,
  framingOf,
  type MessageType,
  open,
  type Opened,
  type OpenStep,
  PROFILES,
  type Refused,
  type RequestType,
  REQUEST_TYPES,
  seal,
  type Sealed,
} from './wire.ts'

const FORMS = ['unionpay-qrc-rsa', 'unionpay-qrc-sm', 'unionpay-acp'] as const
const isQrc = (profile: string): boolean => profile.includes('qrc')

async function trip<T extends MessageType>(
  { at }: Pair,
  type: T,
  fields: Fields<T>,
): Promise<Opened | Refused> {
  const { from, to } = ends(type)
  const request = type.replace(/\.reply$/, '') as RequestType
  let awaited: Awaited = { requests: [request] }
  let ref: string | undefined
  if (type.endsWith('.reply')) {
    const asked = await seal(at(to), { type: request, to: from, fields: example(request) })
    ref = asked.ref
    awaited = { replyTo: { type: request, to: from, ref } }
  }
  // In a form, the acquirer of a message that an acquirer sends is its sender.
  const own = 'acquirer' in fields && from === ACQUIRER_A ? { ...fields, acquirer: from } : fields
  const said = ref === undefined ? own : agreeing(fields, ref)
  const { sealed } = await seal(at(from), { type, to, fields: said, ...(ref !== undefined && { ref }) })
  const opened = await open(at(to), sealed, awaited)
  if (opened.kind === 'opened') expect(opened.message.fields).toEqual(said)
  return opened
}

/** A reply that says something of what it echoes says the same. */
function agreeing<T extends MessageType>(fields: Fields<T>, ref: string): Fields<T> {
  const told = new URLSearchParams(ref)
  const rows: Readonly<Record<string, readonly string[]>> = {
    order: ['orderNo', 'orderId'],
    orderTime: ['orderTime', 'txnTime'],
    transaction: ['voucherNum', 'queryId'],
    notice: ['noticeId'],
    agreement: ['signNo'],
    payment: ['payOrderNo'],
    attempt: ['bankTraceNo'],
    branch: ['branchNo'],
    tn: ['tn'],
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const echoed = rows[name]?.map((member) => told.get(member)).find((one) => one !== null)
      return [name, echoed ?? value]
    }),
  ) as Fields<T>
}

describe.each(FORMS)('%s', (profile) => {
  test('every message type is carried, with every field and by chance', async () => {
    const network = await pair(profile)
    for (const type of MESSAGE_TYPES) {
      expect(await trip(network, type, example(type)), type).toMatchObject({ kind: 'opened' })
      await fc.assert(
        fc.asyncProperty(fieldsOf(type), async (fields) => {
          expect(await trip(network, type, fields), type).toMatchObject({ kind: 'opened' })
        }),
        { numRuns: 6 },
      )
    }
  })

  test('a byte changed anywhere is refused, and nothing throws', async () => {
    const { at } = await pair(profile)
    const { sealed } = await seal(at(SWITCH), { type: 'debit', to: INSTITUTION, fields: example('debit') })
    await fc.assert(
      fc.asyncProperty(
        fc.nat(sealed.bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (index, mask) => {
          const bytes = Uint8Array.from(sealed.bytes)
          bytes[index] = (bytes[index] ?? 0) ^ mask
          const read = await open(at(INSTITUTION), { ...sealed, bytes }, { requests: ['debit'] })
          // %2b and %2B, or + and %20, are one sign: a form has several spellings of it, and one value.
          if (read.kind === 'opened') expect(read.message.fields).toEqual(example('debit'))
        },
      ),
      { numRuns: 80 },
    )
    for (const bytes of fc.sample(fc.uint8Array({ maxLength: 200 }), 100))
      expect((await open(at(INSTITUTION), { ...sealed, bytes }, { requests: ['debit'] })).kind).toBe(
        'refused',
      )
  })

  test('a reply echoes its request, and is no reply to another', async () => {
    const { at } = await pair(profile)
    const ask = (order: string) =>
      seal(at(ACQUIRER_A), { type: 'query', to: SWITCH, fields: { ...example('query'), order } })
    const [first, second] = [await ask('ORDER00000001'), await ask('ORDER00000002')]
    const reply = await seal(at(SWITCH), {
      type: 'query.reply',
      to: ACQUIRER_A,
      ref: first.ref,
      fields: { answer: '34', because: 'nothing' },
    })
    const heard = (ref: string) =>
      open(at(ACQUIRER_A), reply.sealed, { replyTo: { type: 'query', to: SWITCH, ref } })
    expect(await heard(first.ref)).toMatchObject({
      kind: 'opened',
      message: { fields: { answer: '34', because: 'nothing' } },
    })
    expect(await heard(second.ref)).toMatchObject({
      kind: 'refused',
      class: 'REJ-ROUTE',
      step: 'reference',
      field: isQrc(profile) ? 'orderNo' : 'orderId',
    })
    expect(
      await open(at(ACQUIRER_A), reply.sealed, { replyTo: { type: 'void', to: SWITCH, ref: first.ref } }),
    ).toMatchObject({ class: 'REJ-TYPE', step: 'reference' })
    expect(
      await open(at(ACQUIRER_A), reply.sealed, {
        replyTo: { type: 'query', to: INSTITUTION, ref: first.ref },
      }),
    ).toMatchObject({ class: 'REJ-CERT', step: 'certificate' })
  })

  test('the frame says what it is, before anything is believed', async () => {
    const { at } = await pair(profile)
    const framing = framingOf(PROFILES[profile] ?? expect.fail(profile))
    for (const type of REQUEST_TYPES) {
      const { from, to } = ends(type)
      const { sealed, ref } = await seal(at(from), { type, to, fields: example(type) })
      expect(framing.typeOf(sealed), type).toBe(type)
      expect(sealed.path, type).toBe(framing.pathOf(type))
      expect(framing.refOf(sealed), type).toBe(ref)
      expect(ref, `${type} has nothing that its reply could echo`).not.toBe('')
      const head = framing.headOf(sealed) ?? expect.fail(type)
      for (const [line, value] of Object.entries(head))
        if (!framing.carries.some((name) => name === line)) expect(value, line).toBe('-')
    }
  })
})

type Outcome = readonly [kind: string, step: OpenStep, field: string]
type Fault = readonly [name: string, forge: Forge, qrc: Outcome, acp?: Outcome]
const SIGN: Outcome = ['REJ-SIG', 'signature', 'signature']

/** In the order of the steps; a signing certificate may be named by what is wrong with it. */
const FAULTS: readonly Fault[] = [
  ['too long', { pad: 300_000 }, ['REJ-SIZE', 'size', '(message)']],
  ['another content type', { contentType: 'application/json' }, ['REJ-TYPE', 'form', 'content-type']],
  [
    'another charset',
    { contentType: 'application/x-www-form-urlencoded; charset=latin1' },
    ['REJ-TYPE', 'form', 'content-type'],
  ],
  ['a zero byte', { pad: 1 }, ['REJ-FORMAT', 'form', '(message)']],
  ['amount twice', { twice: { txnAmt: '"1"' } }, ['REJ-FORMAT', 'form', 'txnAmt']],
  ['a trailing blank', { members: { qrNo: '"6220123456789012345 "' } }, ['REJ-FORMAT', 'form', 'qrNo']],
  ['another version', { head: { v: '9.9.9' } }, ['REJ-FORMAT', 'form', 'version']],
  ['no type', { headWithout: ['type'] }, ['REJ-TYPE', 'form', 'reqType'], ['REJ-TYPE', 'form', 'txnType']],
  ['certificate number in hex', { head: { signcert: '0x1f' } }, ['REJ-FORMAT', 'form', 'certId']],
  ['no certificate number', { headWithout: ['signcert'] }, ['REJ-FORMAT', 'form', 'certId']],
  [
    'a weaker method',
    { head: { suite: '00' } },
    ['REJ-SIG', 'method', 'signType'],
    ['REJ-SIG', 'method', 'signMethod'],
  ],
  [
    'no method',
    { headWithout: ['suite'] },
    ['REJ-SIG', 'method', 'signType'],
    ['REJ-SIG', 'method', 'signMethod'],
  ],
  ['posted elsewhere', { path: '/sifang/1/nowhere' }, ['REJ-TYPE', 'address', 'path']],
  ['expired', { head: { signcert: 'expired' } }, ['REJ-CERT', 'certificate', 'certId']],
  ['revoked', { head: { signcert: 'revoked' } }, ['REJ-CERT', 'certificate', 'certId']],
  ['not in the directory', { head: { signcert: 'unknown' } }, ['REJ-CERT', 'certificate', 'certId']],
  ['no signature', { sign: 'none' }, SIGN],
  ['one sign of the signature', { sign: 'flip' }, SIGN],
  ['a field changed after signing', { afterSigning: { txnAmt: '"1"' } }, SIGN],
  ['a sealed field changed after signing', { afterSigning: { token: '"629999999999999998"' } }, SIGN],
  [
    'the token twice',
    { twice: { token: '"1"' } },
    ['REJ-FORMAT', 'parts', 'payerInfo.accNo'],
    ['REJ-FORMAT', 'parts', 'tokenPayData.token'],
  ],
  [
    'no token',
    { without: ['token'] },
    ['REJ-FORMAT', 'fields', 'payerInfo.accNo'],
    ['REJ-FORMAT', 'fields', 'tokenPayData.token'],
  ],
  ['amount missing', { without: ['txnAmt'] }, ['REJ-FORMAT', 'fields', 'txnAmt']],
  ['no amount at all', { members: { txnAmt: '"0"' } }, ['REJ-FORMAT', 'fields', 'txnAmt']],
]

const touched = ({ members, without = [], twice, afterSigning }: Forge): readonly string[] => [
  ...without,
  ...Object.keys({ ...members, ...twice, ...afterSigning }),
]

describe.each(FORMS)('%s refuses', (profile) => {
  const known = pair(profile)

  async function refusedBy(forge: Forge): Promise<Opened | Refused> {
    const { at, network } = await known
    const { signcert } = forge.head ?? {}
    const named = network.spoiled[signcert as keyof typeof network.spoiled] as string | undefined
    const meant = named === undefined ? forge : { ...forge, head: { ...forge.head, signcert: named } }
    const { sealed } = await forgeMessage(at(SWITCH), 'debit', INSTITUTION, example('debit'), meant)
    return open(at(INSTITUTION), sealed, { requests: ['debit'] })
  }

  test('no honest message', async () => {
    expect(await refusedBy({})).toMatchObject({ kind: 'opened' })
    expect(await refusedBy({ reordered: true })).toMatchObject({ kind: 'opened' })
    expect(await refusedBy({ members: { futureField: '"1"' } })).toMatchObject({ kind: 'opened' })
  })

  for (const [name, forge, qrc, acp] of FAULTS)
    test(name, async () => {
      const [kind, step, field] = isQrc(profile) ? qrc : (acp ?? qrc)
      expect(await refusedBy(forge)).toMatchObject({ kind: 'refused', class: kind, step, field })
    })

  test('by the first step that has a reason', async () => {
    for (const [before, first] of FAULTS.entries())
      for (const second of FAULTS.slice(before + 1)) {
        const [, one, outcome, acp] = first
        const [, other, later]: Fault = second
        if (FORM_STEPS.indexOf(later[1]) <= FORM_STEPS.indexOf(outcome[1])) continue
        if (Object.keys(one).some((name) => name !== 'head' && name in other)) continue
        // Two faults in one member can be none together.
        if (touched(one).some((member) => touched(other).includes(member))) continue
        const head = { ...other.head, ...one.head }
        const both: Forge = { ...other, ...one, ...(Object.keys(head).length > 0 && { head }) }
        const [kind, step] = isQrc(profile) ? outcome : (acp ?? outcome)
        expect(await refusedBy(both), `${first[0]}, then ${second[0]}`).toMatchObject({ class: kind, step })
      }
  })

  test('and says where in the message', async () => {
    const { at } = await pair(profile)
    const { sealed } = await forgeMessage(at(SWITCH), 'debit', INSTITUTION, example('debit'), {
      members: { txnAmt: '"0"' },
    })
    const refused = await open(at(INSTITUTION), sealed, { requests: ['debit'] })
    expect(refused).toMatchObject({ offset: Buffer.from(sealed.bytes).indexOf('txnAmt=') + 'txnAmt='.length })
  })

  test('what is encrypted to somebody else', async () => {
    const { at } = await pair(profile)
    const fields = example('agreement.apply')
    const { sealed } = await seal(at(SWITCH), { type: 'agreement.apply', to: ACQUIRER_A, fields })
    const field = 'encryptCertId'
    expect(await open(at(INSTITUTION), sealed, { requests: ['agreement.apply'] })).toMatchObject({
      class: 'REJ-CERT',
      field,
    })
  })

  test('a message that is not its sender’s to send', async () => {
    const { at } = await pair(profile)
    const { sealed } = await seal(at(ACQUIRER_A), {
      type: 'debit',
      to: INSTITUTION,
      fields: example('debit'),
    })
    expect(await open(at(INSTITUTION), sealed, { requests: ['debit'] })).toMatchObject({
      class: 'REJ-ROUTE',
      step: 'certificate',
    })
  })

  test('who signs as another than it says', async () => {
    const { at } = await pair(profile)
    const fields = { ...example('purchase'), acquirer: '48020002' }
    const { sealed } = await seal(at(ACQUIRER_A), { type: 'purchase', to: SWITCH, fields })
    expect(await open(at(SWITCH), sealed, { requests: ['purchase'] })).toMatchObject({
      class: 'REJ-CERT',
      field: 'certId',
    })
  })
})

test('a QRC message has one meaning under either of its two numbers', async () => {
  const { at } = await pair('unionpay-qrc-rsa')
  const framing = framingOf({ id: 'unionpay-qrc-rsa', frame: 'qrc' })
  const typeOf = (number: string): string | undefined =>
    framing.typeOf({
      path: '/qrc/api/backTransReq.do',
      contentType: 'application/x-www-form-urlencoded',
      bytes: Buffer.from(`reqType=${number}000903`),
    })
  expect(['0330', '0170', '0340', '0150', '0360', '0530', '0250', '0160'].map(typeOf)).toEqual([
    'void',
    'void',
    'refund',
    'refund',
    'notify.payee',
    'notify.payee',
    'notify.payer',
    'notify.payer',
  ])
  const numberOf = async (fields: Fields<'notify.payer'>): Promise<string | null> => {
    const { sealed } = await seal(at(SWITCH), { type: 'notify.payer', to: INSTITUTION, fields })
    return new URLSearchParams(Buffer.from(sealed.bytes).toString()).get('reqType')
  }
  const { code, payment, ...rest } = example('notify.payer')
  expect(await numberOf({ ...rest, code })).toBe('0250000903')
  expect(await numberOf({ ...rest, payment })).toBe('0160000903')
})

/** A stranger's verification, from the facts alone. */
async function strangerVerifies(sealed: Sealed, member: string, key: Uint8Array): Promise<boolean> {
  const told = new URLSearchParams(Buffer.from(sealed.bytes).toString('latin1'))
  const signature = Buffer.from(told.get('signature') ?? '', 'base64')
  told.delete('signature')
  expect(told.get(member)).not.toBeNull()
  const text = [...told]
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
  const hex = createHash('sha256').update(text, 'utf8').digest('hex')
  const publicKey = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' })
  return verify('sha256', Buffer.from(hex), publicKey, signature)
}

test.each(['unionpay-qrc-rsa', 'unionpay-acp'])(
  '%s: SHA256withRSA over the hex of SHA-256 of the sorted members',
  async (profile) => {
    const { at, network } = await pair(profile)
    const { sealed, head } = await seal(at(ACQUIRER_A), {
      type: 'purchase',
      to: SWITCH,
      fields: example('purchase'),
    })
    const key = network.directory.certificate(head.signcert)?.key
    expect(key?.suite).toBe('rsa')
    if (key?.suite === 'rsa')
      expect(
        await strangerVerifies(sealed, profile === 'unionpay-acp' ? 'signMethod' : 'signType', key.publicKey),
      ).toBe(true)
  },
)

test('a message in GBK is read as GBK', async () => {
  const { at } = await pair('unionpay-acp')
  const { sealed } = await seal(at(SWITCH), { type: 'debit', to: INSTITUTION, fields: example('debit') })
  const text = Buffer.from(sealed.bytes)
    .toString()
    .replace('encoding=UTF-8', 'encoding=GBK')
    .replace(/merName=[^&]*/, 'merName=%CB%C4%B7%BD')
  const read = await open(at(INSTITUTION), { ...sealed, bytes: Buffer.from(text) }, { requests: ['debit'] })
  // UTF-8 bytes elsewhere are other characters in GBK, and the signature is over bytes: it fails there, and nowhere before.
  expect(read).toMatchObject({ class: expect.stringMatching(/REJ-SIG|REJ-FORMAT/) as string })
  expect(NOON).toBeGreaterThan(0)
})
