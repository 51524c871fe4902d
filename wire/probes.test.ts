// Six thousand altered ciphers in every frame, each under a signature that holds: whatever is wrong with them, and however far
// the opening came, the refusal has one class and one text, and the private key was asked as often as for an honest message.
import { describe, expect, test } from 'vitest'
import { INSTITUTION, inProcessStage, seeded, type Stage, SWITCH } from '../scenarios/scenarios.ts'
import { example } from './testing.ts'
import {
  acpDialect,
  claimedRef,
  classOf,
  type Dialect,
  EPCC_ENCIPHERED,
  epccBytes,
  epccSigned,
  type Fields,
  frameBytes,
  isTurned,
  open,
  type Pair,
  PROFILES,
  qrcDialect,
  readForm,
  readFrame,
  type RequestType,
  seal,
  type Sealed,
  sealedForm,
  type Sealer,
  SIGNATURE,
  signedOutside,
  signPairs,
} from './wire.ts'

type Random = (length: number) => Uint8Array
type Altered = (sealer: Sealer, sealed: Sealed, signer: string, random: Random) => Promise<Sealed>

const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const below = (random: Random, limit: number): number => {
  const [a = 0, b = 0, c = 0] = random(3)
  return (a * 65_536 + b * 256 + c) % limit
}

/** One sign of a base64 text is another one. The one before padding stays: others there would be no base64. */
function respelt(text: string, random: Random): string {
  const at = below(random, text.replace(/.?=+$/, '').length)
  const others = Array.from(SIGNS).filter((sign) => sign !== text[at])
  return text.slice(0, at) + (others[below(random, others.length)] ?? '') + text.slice(at + 1)
}

/** One bit of the wrapped key, the IV, the block or the tag; or a byte less of one of them. */
const sifang: Altered = async ({ keys, profile }, sealed, signer, random) => {
  const read = readFrame(sealed.bytes)
  if ('fault' in read) throw new Error('is not whole')
  const { parts } = read
  const name = (['wrap', 'iv', 'cipher', 'tag'] as const)[below(random, 4)] ?? 'tag'
  const part = Uint8Array.from(parts[name])
  const at = below(random, part.length)
  part[at] = (part[at] ?? 0) ^ (1 << below(random, 8))
  const bent = { ...parts, [name]: part }
  if (profile.order === 'sign-then-encrypt') return { ...sealed, bytes: frameBytes(bent) }
  const signed = signedOutside(bent.head, bent.wrap, bent.iv, bent.cipher, bent.tag)
  return { ...sealed, bytes: frameBytes({ ...bent, sign: await keys.sign(signer, signed) }) }
}

const formWith =
  (dialect: Dialect, type: RequestType, change: (pair: Pair, random: Random) => Pair): Altered =>
  async (sealer, sealed, signer, random) => {
    const read = readForm(sealed)
    if ('fault' in read) throw new Error('is not whole')
    const pairs = [...read.form.members.values()]
      .filter(({ name }) => name !== SIGNATURE)
      .map(({ name, text }) => change([name, text], random))
    const signature = await signPairs(sealer, dialect, pairs, signer)
    return sealedForm(type, sealed.path, [...pairs, [SIGNATURE, signature]])
  }

const inToken = ([name, text]: Pair, random: Random): Pair => [
  name,
  name === 'tokenPayData' || name === 'payerInfo' ? respelt(text, random) : text,
]

/** The text that is enciphered lies in another one, which is not. */
const inInfo = ([name, text]: Pair, random: Random): Pair => {
  if (name !== 'customerInfo') return [name, text]
  const inner = Buffer.from(text, 'base64').toString('utf8')
  const bent = inner.replace(
    /(encryptedInfo=)([A-Za-z0-9+/=]+)/,
    (_, member: string, cipher: string) => member + respelt(cipher, random),
  )
  expect(bent).not.toBe(inner)
  return [name, Buffer.from(bent).toString('base64')]
}

const xml: Altered = async (sealer, sealed, signer, random) => {
  const whole = Buffer.from(sealed.bytes).toString('utf8')
  const root = /<root.*<\/root>/s.exec(whole)?.[0] ?? ''
  const names = ['DgtlEnvlp', ...EPCC_ENCIPHERED].filter((name) => root.includes(`<${name}>`))
  const name = names[below(random, names.length)] ?? ''
  const bent = root.replace(
    new RegExp(`(<${name}>)([^<]+)`),
    (_, tag: string, cipher: string) => tag + respelt(cipher, random),
  )
  expect(bent).not.toBe(root)
  return { ...sealed, bytes: epccBytes(bent, `{S:${await epccSigned(sealer, bent, signer)}}`) }
}

type Row = readonly [profile: string, count: number, type: RequestType, altered: Altered]
const ROWS: readonly Row[] = [
  ['unionpay', 1_200, 'debit', sifang],
  ['unionpay-ets', 1_200, 'debit', sifang],
  ['unionpay-qrc-sm', 900, 'debit', formWith(qrcDialect, 'debit', inToken)],
  ['unionpay-qrc-rsa', 600, 'debit', formWith(qrcDialect, 'debit', inToken)],
  ['unionpay-acp', 600, 'agreement.apply', formWith(acpDialect, 'agreement.apply', inInfo)],
  ['netsunion-epcc-sm', 900, 'agreement.apply', xml],
  ['netsunion-epcc-rsa', 600, 'agreement.apply', xml],
]

test('are six thousand', () => {
  expect(ROWS.reduce((sum, [, count]) => sum + count, 0)).toBe(6_000)
})

describe.each(ROWS)('%s', (id, count, type, altered) => {
  test(`${count} altered ciphers, one class and one text`, { timeout: 120_000 }, async () => {
    const profile = PROFILES[id] ?? expect.fail(id)
    const stage = await inProcessStage({ profile, seed: 'probes', sink: () => undefined })
    const sender = stage.sealer(SWITCH)
    const random = seeded(`probes ${id}`)
    const signer = sender.directory.current(SWITCH, 'sign', stage.clock.now())?.id ?? ''
    const honest = async () =>
      seal(sender, { type, to: INSTITUTION, fields: example(type) as Fields<RequestType> })
    const asked = await unwrapsOf(stage, type, (await honest()).sealed)
    const refusals = new Set<string>()
    for (let turn = 0; turn < count; turn += 1) {
      const { sealed } = await honest()
      const probe = await altered(sender, sealed, signer, random)
      refusals.add(await refusalOf(stage, type, probe, claimedRef(probe) ?? ''))
      const seen = await unwrapsOf(stage, type, probe)
      refusals.add(seen.refused)
      // A long text is enciphered piece by piece, and is given up at the first that does not open: the sender chose which.
      expect([1, asked.count]).toContain(seen.count)
    }
    // What the party says to itself, and what it tells the sender.
    expect([...refusals]).toEqual([
      expect.stringMatching(/^told .*"class":"REJ-CRYPTO"/),
      expect.stringMatching(/^REJ-CRYPTO /),
    ])
  })
})

/** What the sender is told. */
async function refusalOf(stage: Stage, type: RequestType, probe: Sealed, ref: string): Promise<string> {
  const reply = await stage.subject.post(probe)
  if (reply === 'no_reply' || isTurned(reply)) return JSON.stringify(reply)
  const opened = await open(stage.sealer(SWITCH), reply, { replyTo: { type, to: INSTITUTION, ref } })
  if (opened.kind === 'refused') return `unreadable: ${opened.field} ${opened.rule.en}`
  const { answer, because, wrongField, wrongOffset } = opened.message.fields as Record<string, string>
  return `told ${JSON.stringify({ class: classOf(answer ?? ''), because, wrongField, wrongOffset })}`
}

/** How often the private key is asked for one message, and why it is refused. */
async function unwrapsOf(
  stage: Stage,
  type: RequestType,
  sealed: Sealed,
): Promise<{ readonly count: number; readonly refused: string }> {
  let count = 0
  const world = stage.sealer(INSTITUTION)
  const keys: Sealer['keys'] = {
    ...world.keys,
    unwrap: (...given) => {
      count += 1
      return world.keys.unwrap(...given)
    },
  }
  const opened = await open({ ...world, keys }, sealed, { requests: [type] })
  const refused =
    opened.kind === 'refused'
      ? `${opened.class} ${opened.field} ${opened.offset ?? ''} ${opened.rule.zh} ${opened.rule.en}`
      : 'was taken'
  return { count, refused }
}
