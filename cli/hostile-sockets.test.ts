// What only a socket can do to a party: senders that trickle or stop half-way, heads without an end, parcels that would unpack
// to a gigabyte, and a member that signs another member's sealed block as its own. A party ends them, or goes on with others.
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listen, type Listening } from './network.ts'
import { forgeMessage } from '../mocks/mocks.ts'
import { ACQUIRER_A, ACQUIRER_B, INSTITUTION, SWITCH } from '../scenarios/scenarios.ts'
import { beijingTime, classOf, CONTENT_TYPE, type Fields, lp, open, type Sealed } from '../wire/wire.ts'
import { NOON, type Served, servedNetwork } from '../test/served.ts'

const PATIENCE = { headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 50 }
const MANY = 200

type Talk = { readonly socket: Socket; readonly said: Promise<string> }

/** A connection, and all that is said on it until it ends. */
function talk(url: string): Promise<Talk> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
    const said = new Promise<string>((ended) => {
      socket.on('close', () => ended(text))
      // A party that ends a connection may reset it.
      socket.on('error', (error) => (socket.connecting ? reject(error) : ended(text)))
    })
    socket.on('connect', () => resolve({ socket, said }))
  })
}

const head = (path: string, lines: readonly string[]): string =>
  [`POST ${path} HTTP/1.1`, 'host: a', `content-type: ${CONTENT_TYPE}`, ...lines, '', ''].join('\r\n')
const PATH = '/sifang/1/query'

const query = {
  acquirer: ACQUIRER_A,
  asked: 'purchase',
  order: 'ORDER0001',
  orderTime: beijingTime(NOON),
} as unknown as Fields<'query'>

describe.each(['sim', 'sim-ets'])('%s', (profile) => {
  let served: Served
  let door: Listening
  beforeAll(async () => {
    served = await servedNetwork(profile, 'hostile sockets')
    // The institution once more, behind the server that the command uses, with less patience.
    door = await listen((request) => served.institution.app().fetch(request), 0, undefined, PATIENCE)
  })
  afterAll(async () => {
    await door.close()
    await served.close()
  })

  const ask = async (url: string): Promise<number> => (await fetch(`${url}/sifang/1/debit`)).status

  describe('senders that take their time', () => {
    test('a head that never ends is ended', async () => {
      const { socket, said } = await talk(door.url)
      socket.write(`POST ${PATH} HTTP/1.1\r\nhost: a\r\nx-`)
      expect(await said).toMatch(/^HTTP\/1\.1 408 /)
    })

    test('a body that trickles is ended, though a byte comes every time it is looked at', async () => {
      const { socket, said } = await talk(door.url)
      socket.write(head(PATH, ['content-length: 100000']))
      const ended = new AbortController()
      socket.on('close', () => ended.abort())
      // Each byte is written once the one before has left and the party has been asked something else.
      while (!ended.signal.aborted) {
        socket.write('x')
        expect(await ask(door.url)).toBe(405)
      }
      expect(await said).not.toMatch(/^HTTP\/1\.1 200 /)
    })

    test(`${MANY} half-open heads and bodies keep nobody else waiting`, async () => {
      const talks = await Promise.all(Array.from({ length: MANY }, () => talk(served.url(INSTITUTION))))
      for (const [index, { socket }] of talks.entries())
        socket.write(index % 2 === 0 ? `POST ${PATH} HTTP/1.1\r\nx` : `${head(PATH, ['content-length: 9'])}x`)
      expect(await ask(served.url(INSTITUTION))).toBe(405)
      const { sealed, ref } = await forgeMessage(served.sealer(ACQUIRER_A), 'query', SWITCH, query, {})
      expect(await classAnswered(served, ACQUIRER_A, sealed, ref)).toBe('NOT_FOUND')
      for (const { socket } of talks) socket.destroy()
      await Promise.all(talks.map(({ said }) => said))
    })
  })

  describe('heads', () => {
    test('a megabyte of HTTP headers is refused while it comes', async () => {
      const { socket, said } = await talk(door.url)
      socket.write(head(PATH, [`x-long: ${'a'.repeat(1 << 20)}`, 'content-length: 0']))
      expect(await said).toMatch(/^HTTP\/1\.1 431 /)
      expect(await ask(door.url)).toBe(405)
    })

    test('ten thousand HTTP headers too', async () => {
      const { socket, said } = await talk(door.url)
      socket.write(
        head(
          PATH,
          Array.from({ length: 10_000 }, (_, index) => `x-${index}: a`),
        ),
      )
      expect(await said).toMatch(/^HTTP\/1\.1 431 /)
    })

    test.each([
      ['says that it is longer than all the message', Buffer.from('ffffffff', 'hex')],
      ['is longer than a head may be', Buffer.from(lp(new Uint8Array(60_000).fill(97)))],
    ])('a head part that %s', async (_, bytes) => {
      const sent = Buffer.concat([bytes, Buffer.alloc(100)])
      const { socket, said } = await talk(door.url)
      socket.write(head('/sifang/1/debit', [`content-length: ${sent.length}`, 'connection: close']))
      socket.write(sent)
      expect(await said).toMatch(/^HTTP\/1\.1 400 [^]*"class":"REJ-FORMAT","field":"head"/)
    })
  })

  test('a megabyte that unpacks to a gigabyte is not unpacked', async () => {
    const noughts = gzipSync(new Uint8Array(1 << 20), { level: 9 })
    const bomb = Buffer.concat(Array.from({ length: 1024 }, () => noughts))
    const before = process.memoryUsage().rss
    for (const more of [
      ['content-encoding: gzip'],
      ['content-encoding: gzip', 'transfer-encoding: chunked'],
    ]) {
      const { socket, said } = await talk(door.url)
      const length = more.length === 1 ? [`content-length: ${bomb.length}`] : []
      socket.write(head('/sifang/1/debit', [...more, ...length, 'connection: close']))
      if (length.length > 0) socket.write(bomb)
      else
        socket.write(
          Buffer.concat([Buffer.from(`${bomb.length.toString(16)}\r\n`), bomb, Buffer.from('\r\n0\r\n\r\n')]),
        )
      expect(await said).toMatch(/^HTTP\/1\.1 415 [^]*REJ-TYPE/)
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(256 << 20)
  })

  // What was sealed by acquirer A, under the head and the signature of acquirer B: SEC-013 between two members.
  test('another member’s sealed block, signed as one’s own, is nobody’s', async () => {
    const { sealed: donor } = await forgeMessage(served.sealer(ACQUIRER_A), 'query', SWITCH, query, {})
    for (const resigned of [true, undefined]) {
      const { sealed, ref } = await forgeMessage(served.sealer(ACQUIRER_B), 'query', SWITCH, query, {
        lift: donor,
        ...(resigned === true && { resigned }),
      })
      expect(await classAnswered(served, ACQUIRER_B, sealed, ref)).toBe(
        resigned === true || profile === 'sim' ? 'REJ-CRYPTO' : 'REJ-SIG',
      )
    }
  })
})

const posted = ({ contentType, bytes }: Sealed): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': contentType, connection: 'close' },
  body: new Uint8Array(bytes),
})

async function classAnswered(served: Served, from: string, sealed: Sealed, ref: string): Promise<unknown> {
  const answer = await fetch(served.url(SWITCH) + sealed.path, posted(sealed))
  const bytes = new Uint8Array(await answer.arrayBuffer())
  const contentType = answer.headers.get('content-type') ?? ''
  const reply = { path: sealed.path, contentType, bytes }
  const opened = await open(served.sealer(from), reply, { replyTo: { type: 'query', to: SWITCH, ref } })
  return opened.kind === 'refused'
    ? `refused at ${opened.field}: ${opened.rule.en}`
    : classOf((opened.message.fields as { answer: string }).answer)
}
