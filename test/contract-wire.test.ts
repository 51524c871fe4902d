// POST /sifang/1/{type} of switch, institution, acquirer and bank over real sockets: what HTTP alone refuses, what is
// refused plainly because nobody knows for whom, and what is refused under seal; and that none of it leaves a trace.
import { Agent, request } from 'node:http'
import { request as pactumRequest, spec } from 'pactum'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Forge, forgeMessage } from '../mocks/mocks.ts'
import { ACQUIRER_A, ACQUIRER_B, BANK, INSTITUTION, seeded, SWITCH } from '../scenarios/scenarios.ts'
import {
  type AnswerClass,
  beijingTime,
  classOf,
  CONTENT_TYPE,
  type Fields,
  isTurned,
  MESSAGES,
  type MessageType,
  open,
  type PartyId,
  PROFILES,
  type RequestType,
  type Sealed,
} from '../wire/wire.ts'
import { NOON, OPENING, type Served, servedNetwork } from './served.ts'

// A server that refuses a body may end the connection with it; the next request must not find itself on that one.
pactumRequest.setDefaultHeaders('connection', 'close')

type Party = {
  readonly name: string
  readonly id: PartyId
  /** Whose message it takes here, and one that changes something: its first field is what a fault is put into. */
  readonly from: PartyId
  readonly type: RequestType
  readonly fields: (served: Served) => Promise<object>
}

const merchant = '777290058110048'
const orderTime = beijingTime(NOON)
const [acquirer, currency, amount] = [ACQUIRER_A, '156', 1000n]
const order = { acquirer, merchant, order: 'ORDER0001', orderTime }

const PARTIES: readonly Party[] = [
  {
    name: 'institution',
    id: INSTITUTION,
    from: SWITCH,
    type: 'debit',
    fields: async (served) => ({
      ...order,
      ...(await codeOfAlice(served)),
      transaction: '20260615432000001234',
      merchantName: '四方测试商户甲',
      merchantCategory: '5411',
      amount,
      currency,
      clearingDay: '20260615',
    }),
  },
  {
    name: 'switch',
    id: SWITCH,
    from: ACQUIRER_A,
    type: 'reversal',
    fields: async () => ({ ...order, reversal: 'REVERSAL01' }),
  },
  {
    name: 'acquirer',
    id: ACQUIRER_A,
    from: SWITCH,
    type: 'notify.payee',
    fields: async () => ({
      notice: 'NOTICE0001',
      about: 'purchase',
      transaction: '20260615432000001234',
      ...order,
      amount,
      currency,
      state: 'SUCCESS',
      answer: '00',
      clearingDay: '20260615',
    }),
  },
  {
    name: 'bank',
    id: BANK,
    from: SWITCH,
    type: 'settle',
    fields: async () => ({
      instruction: '20260615-62010001-156',
      clearingDay: '20260615',
      payer: INSTITUTION,
      payee: SWITCH,
      amount,
      currency,
    }),
  },
]

async function codeOfAlice(served: Served): Promise<{ code: string; token: string }> {
  const ask = async (path: string, body?: object): Promise<Record<string, string>> => {
    const call = spec().post(served.url(INSTITUTION) + path)
    const sent = body === undefined ? call : call.withJson(body)
    const answer: unknown = await sent.returns(({ res }) => res.json).toss()
    return answer as Record<string, string>
  }
  await ask('/control/users', { id: 'alice', balance: '5000' })
  const { token = '' } = await ask('/wallet/users/alice/sign-up')
  const { code = '' } = await ask('/wallet/users/alice/codes')
  return { code, token }
}

const PLAIN = {
  type: 'object',
  required: ['class', 'field', 'zh', 'en'],
  properties: {
    class: { type: 'string', pattern: '^REJ-' },
    field: { type: 'string', minLength: 1 },
    offset: { type: 'integer', minimum: 0 },
    zh: { type: 'string', minLength: 1 },
    en: { type: 'string', minLength: 1 },
  },
  additionalProperties: false,
} as const
const LEAK = /\bat .+:\d+:\d+|\.[cm]?[jt]s\b|node_modules|\/work\/|\/var\/|Error:/

const LIMIT = PROFILES['unionpay']?.values.bodyBytesMax ?? 0

describe.each(['unionpay', 'unionpay-ets'])('%s', (profile) => {
  describe.each(PARTIES)('$name', ({ id, from, type, fields }) => {
    let served: Served
    let body: object
    let before: unknown
    beforeAll(async () => {
      served = await servedNetwork(profile, `contract of the wire at ${id}`)
      body = await fields(served)
      before = await everythingOf(id)
    })
    afterAll(() => served.close())

    const path = `/sifang/1/${type}`
    const at = (where = path) => served.url(id) + where
    const posted = (bytes: Uint8Array, contentType = CONTENT_TYPE, where = path) =>
      spec().post(at(where)).withHeaders('content-type', contentType).withBody(Buffer.from(bytes))

    /** All that a party wrote down, and what it says of money. */
    async function everythingOf(party: PartyId): Promise<unknown> {
      const ledger = await (await served.institution.fetch('/control/ledger', {})).text()
      const accounts = [SWITCH, INSTITUTION, ACQUIRER_A, BANK].map((one) => served.bank.balance(one))
      return [await served.journal(party), ledger, await Promise.all(accounts)]
    }

    async function forged(forge: Forge, by = from, what: RequestType = type) {
      const signer = served.sealer(by)
      return forgeMessage(signer, what as MessageType, id, body as Fields<MessageType>, forge)
    }

    /** Posts a forged message and opens the sealed answer as its sender would. */
    async function said(message: { sealed: Sealed; ref: string }, by = from, what: RequestType = type) {
      const { sealed, ref } = message
      const reply: unknown = await posted(sealed.bytes, sealed.contentType, sealed.path)
        .expectStatus(200)
        .expectHeader('content-type', CONTENT_TYPE)
        .returns(({ res }) => res.buffer)
        .toss()
      const answer: Sealed = { path: sealed.path, contentType: CONTENT_TYPE, bytes: reply as Buffer }
      expect(isTurned(answer)).toBe(false)
      const opened = await open(served.sealer(by), answer, { replyTo: { type: what, to: id, ref } })
      if (opened.kind === 'refused') throw new Error(`the answer does not open: ${opened.field}`)
      const { answer: code, ...more } = opened.message.fields as Fields<'debit.reply'>
      return { ...more, class: classOf(code) }
    }

    describe('HTTP alone', () => {
      test.each(['get', 'put', 'patch', 'delete', 'options'] as const)('%s is not taken', async (method) => {
        for (const where of [path, '/sifang/1/', '/sifang/1/nothing'])
          await spec()
            [method](at(where))
            .expectStatus(405)
            .expectJsonSchema(PLAIN)
            .expectJsonLike({ class: 'REJ-TYPE', field: 'method' })
            .toss()
      })

      // RFC 9110, 15.5.6: a 405 must carry Allow; endpoint.ts sends none.
      test('a refused method is told the one that is taken', async () => {
        await spec().get(at()).inspect(false).expectHeader('allow', 'POST').toss()
      })

      test.each([
        'application/json',
        'text/plain',
        `${CONTENT_TYPE}; charset=utf-8`,
        'application/octet-stream',
      ])('%s is not the content type', async (contentType) => {
        const { sealed } = await forged({})
        await posted(sealed.bytes, contentType)
          .expectStatus(415)
          .expectJsonSchema(PLAIN)
          .expectJsonLike({ class: 'REJ-TYPE', field: 'content-type' })
          .toss()
      })

      test.each(['gzip', 'br', 'deflate', 'identity, gzip'])('%s is not decompressed', async (encoding) => {
        const { sealed } = await forged({})
        await posted(sealed.bytes)
          .withHeaders('content-encoding', encoding)
          .expectStatus(415)
          .expectJsonSchema(PLAIN)
          .expectJsonLike({ class: 'REJ-TYPE', field: 'content-encoding' })
          .toss()
      })

      const tooLong = {
        status: 413,
        body: expect.objectContaining({ class: 'REJ-SIZE', field: '(message)' }),
      }
      test('a body over the limit is refused by its announced length and while it streams', async () => {
        const over = new Uint8Array(LIMIT + 1)
        expect(await streamed(at(), [over], { length: LIMIT + 1 })).toMatchObject(tooLong)
        expect(await streamed(at(), [over])).toMatchObject(tooLong)
        const pieces = Array.from({ length: 64 }, () => new Uint8Array(LIMIT / 32))
        expect(await streamed(at(), pieces)).toMatchObject(tooLong)
        // While it is being read, and not when it has been: these two senders would never come to an end.
        expect(await streamed(at(), pieces, { endless: true })).toMatchObject(tooLong)
        expect(await streamed(at(), [], { length: LIMIT + 1, endless: true })).toMatchObject(tooLong)
      })

      test('after a stream was refused its connection is closed, or takes the next message', async () => {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 })
        try {
          const pieces = Array.from({ length: 64 }, () => new Uint8Array(LIMIT / 32))
          const { connection } = await streamed(at(), pieces, { agent })
          if (connection !== 'close')
            expect(await streamed(at(), [new Uint8Array(8)], { agent })).toMatchObject({ status: 400 })
        } finally {
          agent.destroy()
        }
      })

      test('a body of exactly the limit is read, and refused for what it is', async () => {
        const read = await streamed(at(), [new Uint8Array(LIMIT)], { length: LIMIT })
        expect(read).toMatchObject({
          status: 400,
          body: { class: 'REJ-FORMAT', field: '(message)', offset: 24 },
        })
      })
    })

    describe('plainly', () => {
      const plain = (bytes: Uint8Array, status: number, like: object, where = path) =>
        posted(bytes, CONTENT_TYPE, where)
          .expectStatus(status)
          .expectJsonSchema(PLAIN)
          .expectJsonLike(like)
          .expect(({ res }) => void expect(res.text).not.toMatch(LEAK))
          .toss()

      test('nothing, noise and half a message', async () => {
        const random = seeded(`noise for ${id}`)
        await plain(new Uint8Array(), 400, { class: 'REJ-FORMAT', field: 'head', offset: 0 })
        for (const length of [1, 3, 4, 40, 4000])
          await plain(random(length), 400, { class: 'REJ-FORMAT', field: 'head', offset: 0 })
        const { bytes } = (await forged({})).sealed
        for (const length of [0, 3, 4, 100, 500, bytes.length - 1])
          await plain(bytes.subarray(0, length), 400, { class: 'REJ-FORMAT' })
        const padded = (await forged({ pad: 7 })).sealed.bytes
        await plain(padded, 400, { class: 'REJ-FORMAT', field: '(message)', offset: padded.length - 7 })
      })

      test('a sender that is in no directory', async () => {
        const { sealed } = await forged({ headAfter: { from: '99999999' } })
        await plain(sealed.bytes, 400, { class: 'REJ-CERT', field: 'signcert' })
      })

      // Nobody answers what calls itself an answer: two parties could go on for ever.
      test('a reference in a request', async () => {
        const { sealed } = await forged({ headAfter: { ref: `${'a'.repeat(24)}:${'0'.repeat(64)}` } })
        await plain(sealed.bytes, 400, { class: 'REJ-FORMAT', field: 'ref' })
      })

      test('a type that is no message, here or at a path of its own', async () => {
        const { sealed } = await forged({ headAfter: { type: 'gift' } })
        await plain(sealed.bytes, 415, { class: 'REJ-TYPE', field: 'type' })
        await plain(sealed.bytes, 415, { class: 'REJ-TYPE', field: 'type' }, '/sifang/1/gift')
        await plain(sealed.bytes, 415, { class: 'REJ-TYPE', field: 'type' }, '/sifang/1/')
      })
    })

    describe('under seal, to a sender that is known', () => {
      const ste = profile === 'unionpay'
      const first = MESSAGES[type][0].unionpay
      const other = id === BANK ? ACQUIRER_B : BANK
      const faults: readonly [string, Forge, AnswerClass, string][] = [
        ['another receiver', { headAfter: { to: other } }, 'REJ-ROUTE', 'to'],
        ['another profile', { headAfter: { profile: 'netsunion' } }, 'REJ-FORMAT', 'profile'],
        ['a weaker suite', { headAfter: { suite: 'md5' } }, 'REJ-SIG', 'suite'],
        ['another path than was signed', { headAfter: { path: '/sifang/1/elsewhere' } }, 'REJ-SIG', 'path'],
        ['a certificate that nobody has', { head: { signcert: '4711' } }, 'REJ-CERT', 'signcert'],
        ['a time long past', { head: { ts: '-301s' } }, 'REJ-REPLAY', 'ts'],
        ['no signature', { sign: 'none' }, 'REJ-SIG', 'sign'],
        ['a signature with one bit turned', { sign: 'flip' }, 'REJ-SIG', 'sign'],
        [
          'a seal with one bit turned',
          { flip: 'cipher' },
          ste ? 'REJ-CRYPTO' : 'REJ-SIG',
          ste ? '(sealed block)' : 'sign',
        ],
        [
          'a tag with one bit turned',
          { flip: 'tag' },
          ste ? 'REJ-CRYPTO' : 'REJ-SIG',
          ste ? '(sealed block)' : 'sign',
        ],
        [
          'a key with one bit turned',
          { flip: 'wrap' },
          ste ? 'REJ-CRYPTO' : 'REJ-SIG',
          ste ? '(sealed block)' : 'sign',
        ],
        ['a number where text belongs', { members: { [first]: '12' } }, 'REJ-FORMAT', first],
        ['a field twice', { twice: { [first]: '"1"' } }, 'REJ-FORMAT', first],
        ['a field missing', { without: [first] }, 'REJ-FORMAT', first],
      ]
      test.each(faults)('%s', async (_name, forge, kind, field) => {
        const answer = await said(await forged(forge))
        expect(answer).toMatchObject({
          class: kind,
          wrongField: field,
          because: expect.not.stringMatching(LEAK),
        })
      })

      test('somebody else’s message, well signed', async () => {
        const stranger = [ACQUIRER_A, BANK].find((one) => one !== id && one !== from) ?? BANK
        const answer = await said(await forged({}, stranger), stranger)
        expect(answer).toMatchObject({ class: 'REJ-ROUTE', wrongField: 'from' })
      })

      test('a message of this network that this party does not take', async () => {
        const what = type === 'settle' ? 'credit' : 'settle'
        const answer = await said(await forged({}, from, what), from, what)
        expect(answer).toMatchObject({ class: 'REJ-TYPE', wrongField: 'type' })
      })
    })

    test('after all that nothing is written and nothing has moved; an honest message works, and once', async () => {
      expect(await everythingOf(id)).toEqual(before)
      const honest = await forged({})
      expect(await said(honest)).toMatchObject({ class: 'OK' })
      const after = await everythingOf(id)
      expect(after).not.toEqual(before)
      expect(await said(honest)).toMatchObject({ class: 'REJ-REPLAY' })
      expect(await said(await forged({}))).toMatchObject({ class: 'OK', repeated: '1' })
      expect(await everythingOf(id)).toEqual(after)
      expect(await served.bank.balance(BANK)).toBe(OPENING)
    })
  })
})

type Answered = { readonly status: number; readonly body: unknown; readonly connection: string | undefined }
type Streaming = {
  /** Announced; chunked without. */
  readonly length?: number
  readonly agent?: Agent
  /** The sender has more to say, and goes on until it is answered. */
  readonly endless?: boolean
}

/** Sends a body piece by piece, on a connection of its own unless an agent keeps one. */
function streamed(url: string, pieces: readonly Uint8Array[], how: Streaming = {}): Promise<Answered> {
  const { length, agent = false, endless = false } = how
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': CONTENT_TYPE,
      ...(length !== undefined && { 'content-length': length }),
    }
    const sent = request(url, { method: 'POST', headers, agent }, (response) => {
      const { statusCode: status = 0, headers: said } = response
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => void chunks.push(chunk))
      response.on('end', () => {
        if (endless) sent.destroy()
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
        resolve({ status, body, connection: said.connection })
      })
    })
    sent.on('error', reject)
    sent.flushHeaders()
    for (const piece of pieces) sent.write(piece)
    if (!endless) sent.end()
  })
}
