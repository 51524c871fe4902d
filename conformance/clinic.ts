// The clinic: what a message is, what its signature covers, and which mistake of its sender makes it hold. It reads what a
// receiver would refuse, with test keys, and believes nothing that no key proves.
import { type Bytes, fromBase64, fromHex } from '../crypto/crypto.ts'
import { seeded, testNetwork } from '../scenarios/scenarios.ts'
import { type Profile, PROFILES, readFrame, type Text } from '../wire/wire.ts'
import { type Examined, outcomeOf } from './clinic-examined.ts'
import { ENVELOPE_MISTAKES, examineEpcc, VALUE_MISTAKES } from './clinic-epcc.ts'
import { EPCC_MISTAKES, epccIn } from './clinic-epcc-text.ts'
import { examineForm, formIn } from './clinic-form.ts'
import { FIELD_MISTAKES } from './clinic-form-field.ts'
import { FORM_MISTAKES } from './clinic-form-text.ts'
import { type KnownKey, keysOfNetwork } from './clinic-keys.ts'
import { SIGNATURE_MISTAKES } from './clinic-mistakes.ts'
import { SEALED_MISTAKES } from './clinic-sealed.ts'
import type { Mistake } from './clinic-search.ts'
import { examineSifang, TEXT_MISTAKES } from './clinic-sifang.ts'

/** Every mistake that is looked for, but those that follow from the message's own keys and names. */
export const CLINIC_MISTAKES: readonly Mistake[] = [
  ...SIGNATURE_MISTAKES,
  ...TEXT_MISTAKES,
  ...SEALED_MISTAKES,
  ...FORM_MISTAKES,
  ...FIELD_MISTAKES,
  ...EPCC_MISTAKES,
  ...ENVELOPE_MISTAKES,
  ...VALUE_MISTAKES,
]

export type Clinic = {
  /** The profile to read by; by what the message says of itself where none is given. */
  readonly profile?: Profile
  keysOf(profile: Profile): Promise<readonly KnownKey[]>
  /** For a form whose content type is known. */
  readonly form?: 'body' | 'line'
}

/** Examines bytes as they travelled. */
export async function examine(bytes: Bytes, clinic: Clinic): Promise<Examined> {
  if (isSifang(bytes))
    return examineSifang(
      bytes,
      (claimed) => (clinic.profile?.frame === 'sifang/1' ? clinic.profile : PROFILES[claimed]),
      clinic.keysOf,
    )
  const epcc = epccIn(bytes)
  if (epcc !== undefined) {
    const profile = clinic.profile?.frame === 'epcc' ? clinic.profile : profileOfEpcc(bytes)
    if (profile !== undefined) return examineEpcc(bytes, epcc, profile, await clinic.keysOf(profile))
  }
  const form = formIn(bytes, clinic.form)
  if (form !== undefined) {
    const own =
      clinic.profile?.frame === 'acp' || clinic.profile?.frame === 'qrc' ? clinic.profile : undefined
    const frame = own === undefined ? form.frame : (own.frame as 'acp' | 'qrc')
    return examineForm(
      bytes,
      { ...form, frame },
      (name, method) => own ?? profileOfForm(name, method),
      clinic.keysOf,
    )
  }
  return { what: nearest(bytes), head: [], faults: [], steps: [] }
}

const METHOD_SUITES: Readonly<Record<string, Readonly<Record<string, Profile['suite']>>>> = {
  qrc: { '03': 'sm' },
  acp: { '12': 'sm3-shared', '11': 'sm3-shared' },
}

/** By the frame and the method that the message names; a receiver goes by its profile alone. */
function profileOfForm(frame: 'qrc' | 'acp', method: string): Profile | undefined {
  const suite = METHOD_SUITES[frame]?.[method] ?? 'rsa'
  const of = Object.values(PROFILES).filter((profile) => profile.frame === frame)
  const found = of.find((profile) => profile.suite === suite)
  return found ?? (of[0] === undefined ? undefined : { ...of[0], suite })
}

/** A signature of 256 bytes or more is RSA's. */
function profileOfEpcc(bytes: Bytes): Profile | undefined {
  const [, signature = ''] = /\{S:([^}]*)\}\s*$/.exec(Buffer.from(bytes).toString('latin1')) ?? []
  const suite = signature.length > 300 ? 'rsa' : 'sm'
  return Object.values(PROFILES).find((profile) => profile.frame === 'epcc' && profile.suite === suite)
}

/** Six parts, or a head in the first of them even where the rest is torn. */
function isSifang(bytes: Bytes): boolean {
  if ('parts' in readFrame(bytes)) return true
  return Buffer.from(bytes.subarray(4, 16)).toString('latin1').startsWith('v=sifang/1\n')
}

/** What the bytes look like, where they are no message. */
function nearest(bytes: Bytes): Text {
  const text = Buffer.from(bytes.subarray(0, 4096)).toString('latin1').trimStart()
  const none = { zh: '不是任何一种已知报文', en: 'This is none of the messages known here' }
  const near = NEAR.find(([pattern]) => pattern.test(text))
  return near === undefined
    ? {
        zh: `${none.zh}：既不是 sifang/1 的六个部分，也不是 k=v 表单或 XML`,
        en: `${none.en}: neither six length-prefixed parts (sifang/1), nor a k=v form, nor XML`,
      }
    : { zh: `${none.zh}；${near[1]}`, en: `${none.en}; ${near[2]}` }
}

// biome-ignore format: one likeness, one row
const NEAR: readonly (readonly [RegExp, string, string])[] = [
  [/^$/, '内容为空', 'it is empty'],
  [/^(POST|GET|PUT) \S+ HTTP\/|^HTTP\/1/, '像是带请求行和头的 HTTP 报文：只取空行之后的正文', 'it looks like a whole HTTP message: give only the body, after the blank line'],
  [/^-----BEGIN /, '像是 PEM：密钥和证书请用 --key 给出，或用 sifang keys show 查看', 'it looks like PEM: give keys and certificates by --key, or look at them with sifang keys show'],
  [/v=sifang\/1/, '里面有 sifang/1 的报文头，但前面不是四字节长度：请给出整条报文的字节', 'there is a sifang/1 head in it, but no four bytes of length before it: give the bytes of the whole message'],
  [/^<(\?xml|root|!)/, '像是 XML，但没有 <root>…</root> 和 {S:…}', 'it looks like XML, but has no <root>…</root> and {S:…}'],
  [/^[{[]/, '像是 JSON：它只会在加密块之内，或属于控制接口', 'it looks like JSON, which is found only inside a sealed block, or in the control API'],
  [/[A-Za-z]+=[^&]*(&|$)/, '像是 k=v，但没有 signature、certId 或 respCode', 'it looks like k=v, but has no signature, certId or respCode'],
]

export type Taken = { readonly as: 'bytes' | 'hex' | 'base64'; readonly bytes: Bytes }

const known = (bytes: Bytes): boolean =>
  isSifang(bytes) || epccIn(bytes) !== undefined || formIn(bytes) !== undefined

/** The message out of what somebody gave: its bytes, or their hex or base64. Bytes first: a form is text as well. */
export function taken(given: Bytes): Taken {
  const text = Buffer.from(given).toString('latin1').trim()
  if (known(given)) return { as: 'bytes', bytes: given }
  const compact = text.replace(/\s+/g, '')
  const hex = compact.replace(/^0x/i, '').replaceAll(':', '')
  if (/^([0-9a-fA-F]{2})+$/.test(hex)) return { as: 'hex', bytes: fromHex(hex) }
  const decoded = compact.length < 16 ? undefined : fromBase64(compact)
  return decoded === undefined ? { as: 'bytes', bytes: given } : { as: 'base64', bytes: decoded }
}

/** Any time will do: keys follow from the seed alone. */
const MADE_AT = Date.parse('2026-06-15T10:00:00+08:00')

/** The keys of the test network that a seed makes. */
export const testKeys = async (profile: Profile, seed: string): Promise<readonly KnownKey[]> =>
  keysOfNetwork(await testNetwork(profile, seeded(`${profile.id}/${seed}`), MADE_AT))

const BEST = ['right', 'explained', 'no key', 'unexplained', 'unread'] as const

/** Examines with one set of keys after the other, and tells what came of the one that explains most. */
export async function examineWith(bytes: Bytes, clinics: readonly Clinic[]): Promise<Examined> {
  let best: Examined | undefined
  for (const clinic of clinics) {
    const examined = await examine(bytes, clinic)
    const rank = BEST.indexOf(outcomeOf(examined))
    if (best === undefined || rank < BEST.indexOf(outcomeOf(best))) best = examined
    if (rank === 0) break
  }
  return best ?? { what: nearest(bytes), head: [], faults: [], steps: [] }
}
