// A profile as a YAML file: a built-in one with what is different, or the whole of it. Every key is one that the code
// has; durations are written with their unit, amounts in minor units. See docs/profiles.
import { LineCounter, parseDocument, stringify } from 'yaml'
import { z } from 'zod'
import { offsetOf } from '../scenarios/scenarios.ts'
import { FLAG_CHOICES, LEGAL, type Profile, PROFILES, type Values } from '../wire/wire.ts'

export type ProfileFault = { readonly line: number; readonly column: number; readonly said: string }

const DURATION = /^([0-9]{1,9})(ms|s|m|h|d)$/
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const duration = z.string().regex(DURATION, 'a duration with its unit: 500ms, 60s, 5m, 48h, 7d')
const amount = z.string().regex(/^(0|[1-9][0-9]{0,15})$/, 'an amount in minor units, such as 100000')
const count = z.string().regex(/^(0|[1-9][0-9]{0,8})$/, 'a whole number')
const hourMinute = z
  .string()
  .regex(/^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$/, 'a time of day, Beijing, such as 23:00 or 24:00')

/** One value as a file writes it, by what the built-in value is. A name that ends in Ms is a duration, in Minor money. */
function written(name: string, value: unknown): z.ZodType {
  if (name === 'cutOff') return hourMinute
  if (name.endsWith('Ms')) return Array.isArray(value) ? z.array(duration).min(1).max(64) : duration
  if (typeof value === 'bigint') return amount
  if (typeof value === 'number') return count
  if (typeof value === 'string') return z.string().min(1).max(64)
  if (Array.isArray(value)) return z.array(z.string().min(1).max(64)).max(64)
  return z.strictObject(
    Object.fromEntries(
      Object.entries(value as object).map(([key, inner]) => [key, written(key, inner).optional()]),
    ),
  )
}

const base = PROFILES['unionpay'] as Profile
const ID = /^[a-z0-9-]{1,32}$/

export const ProfileFile = z.strictObject({
  id: z.string().regex(ID, 'lower-case letters, digits and “-”, at most 32'),
  /** The built-in profile from which everything comes that is not said here. */
  extends: z.enum(Object.keys(PROFILES) as [string, ...string[]]),
  network: z.enum(['unionpay', 'netsunion']).optional(),
  frame: z.enum(Object.keys(LEGAL) as [string, ...string[]]).optional(),
  suite: z.enum(['sm', 'rsa', 'sm3-shared']).optional(),
  order: z.enum(['sign-then-encrypt', 'encrypt-then-sign']).optional(),
  sm2: z
    .strictObject({
      userId: z.string().max(64).optional(),
      hash: z.enum(['once', 'twice']).optional(),
      signature: z.enum(['der', 'raw']).optional(),
      ciphertext: z.enum(['c1c3c2', 'c1c2c3', 'asn1']).optional(),
      point04: z.enum(['true', 'false']).optional(),
    })
    .optional(),
  values: z
    .strictObject(
      Object.fromEntries(
        Object.entries(base.values).map(([name, value]) => [name, written(name, value).optional()]),
      ),
    )
    .optional(),
  flags: z
    .strictObject(
      Object.fromEntries(
        Object.entries(FLAG_CHOICES).map(([flag, choices]) => [
          flag,
          z.enum(choices.map(String) as [string, ...string[]]).optional(),
        ]),
      ),
    )
    .optional(),
})
type Told = z.infer<typeof ProfileFile>

/** The profile that the text describes, or each thing that is wrong with it and where. */
export function readProfile(
  text: string,
): { readonly profile: Profile } | { readonly faults: readonly ProfileFault[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, uniqueKeys: true })
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  const [error] = document.errors
  if (error !== undefined)
    return {
      faults: [{ ...at(error.pos[0]), said: `is not YAML: ${error.message.split('\n')[0] ?? ''}` }],
    }
  const parsed = ProfileFile.safeParse(document.toJS())
  const place = (keys: readonly PropertyKey[]) => at(offsetOf(document, keys))
  if (!parsed.success)
    return {
      faults: parsed.error.issues.map((issue) => ({
        ...place(issue.path),
        said: `${issue.path.join('.') || 'the profile'}: ${issue.message}`,
      })),
    }
  const profile = profileOf(parsed.data)
  const legal = illegal(profile)
  if (legal !== undefined) return { faults: [{ ...place([legal.key]), said: `${legal.key}: ${legal.said}` }] }
  return { profile }
}

function illegal(profile: Profile): { key: string; said: string } | undefined {
  const { networks, suites, orders } = LEGAL[profile.frame]
  const of = (name: string): string => `frame ${profile.frame} goes with ${name}`
  if (!networks.includes(profile.network)) return { key: 'network', said: of(networks.join(' or ')) }
  if (!suites.includes(profile.suite)) return { key: 'suite', said: of(suites.join(' or ')) }
  if (!orders.includes(profile.order)) return { key: 'order', said: of(orders.join(' or ')) }
  return undefined
}

function profileOf({ extends: from, sm2, values, flags, ...own }: Told): Profile {
  const built = PROFILES[from] as Profile
  const { point04, ...curve } = sm2 ?? {}
  return {
    ...built,
    ...(own as Partial<Profile>),
    sm2: {
      ...built.sm2,
      ...(curve as Partial<Profile['sm2']>),
      ...(point04 !== undefined && { point04: point04 === 'true' }),
    },
    values: merged('', built.values, values) as Values,
    flags: Object.fromEntries(
      Object.entries(FLAG_CHOICES).map(([flag, choices]) => {
        const told = flags?.[flag]
        const chosen = (choices as readonly (string | boolean)[]).find((one) => String(one) === told)
        return [flag, chosen ?? built.flags[flag as keyof Profile['flags']]]
      }),
    ) as Profile['flags'],
  }
}

/** A value of the file in place of the built-in one, in the built-in one's form. */
function merged(name: string, built: unknown, told: unknown): unknown {
  if (told === undefined) return built
  if (name === 'cutOff') {
    const [hour, minute] = String(told).split(':')
    return { hour: Number(hour), minute: Number(minute) }
  }
  if (name.endsWith('Ms')) return Array.isArray(told) ? told.map(msOf) : msOf(told)
  if (typeof built === 'bigint') return BigInt(String(told))
  if (typeof built === 'number') return Number(told)
  if (typeof built === 'string' || Array.isArray(built)) return told
  return Object.fromEntries(
    Object.entries(built as object).map(([key, inner]) => [
      key,
      merged(key, inner, (told as Readonly<Record<string, unknown>>)[key]),
    ]),
  )
}

function msOf(told: unknown): number {
  const [, digits = '0', unit = 'ms'] = DURATION.exec(String(told)) ?? []
  return Number(digits) * UNIT_MS[unit as keyof typeof UNIT_MS]
}

/** The whole of a profile as a file: what it is read back from is the same profile. */
export function profileYaml(profile: Profile): string {
  const { id, network, frame, suite, order, sm2, values, flags } = profile
  const from = PROFILES[id] === undefined ? 'unionpay' : id
  return stringify(
    {
      id,
      extends: from,
      network,
      frame,
      suite,
      order,
      sm2: { ...sm2, point04: String(sm2.point04) },
      values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, told(name, value)])),
      flags: Object.fromEntries(Object.entries(flags).map(([flag, value]) => [flag, String(value)])),
    },
    { defaultStringType: 'PLAIN', lineWidth: 110 },
  )
}

function told(name: string, value: unknown): unknown {
  if (name === 'cutOff') {
    const { hour, minute } = value as Values['cutOff']
    return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`
  }
  if (name.endsWith('Ms')) return Array.isArray(value) ? value.map(spelt) : spelt(value as number)
  if (Array.isArray(value)) return value
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, told(key, inner)]))
  return String(value)
}

function spelt(ms: number): string {
  const [unit, size] = (['d', 'h', 'm', 's'] as const)
    .map((one) => [one, UNIT_MS[one]] as const)
    .find(([, one]) => ms >= one && ms % one === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}
