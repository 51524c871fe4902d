// The business context of a payment in twenty digits (四码一号, sources/004): four codes and a number, carried unchanged by
// every message about it. What the parts mean is told there; how many digits each has is a profile's, and so is ours.
import type { Text } from './classes.ts'
import type { Profile } from './profile.ts'

export type Business = {
  /** 产品码: which product of the platform. */
  readonly product: string
  /** 业务模式码: escrow, at once. */
  readonly mode: string
  /** 业务动作码: pay, refund, void. */
  readonly action: string
  /** 支付通道码: by which kind of payment. */
  readonly channel: string
  /** 渠道号: through whom that kind is reached. */
  readonly outlet: string
}
export type BusinessPart = keyof Business
export const BUSINESS_PARTS: readonly BusinessPart[] = ['product', 'mode', 'action', 'channel', 'outlet']

export type BusinessRead =
  | { readonly kind: 'business'; readonly business: Business }
  | { readonly kind: 'refused'; readonly field: BusinessPart | 'business'; readonly rule: Text }

export function readBusiness(profile: Profile, code: string): BusinessRead {
  const { businessSplit: split, businessActions: actions } = profile.values
  const whole = BUSINESS_PARTS.reduce((sum, part) => sum + split[part], 0)
  if (code.length !== whole || !/^[0-9]+$/.test(code)) {
    const rule = { zh: `应为 ${whole} 位数字`, en: `must be ${whole} digits` }
    return { kind: 'refused', field: 'business', rule }
  }
  let at = 0
  const parts = Object.fromEntries(
    BUSINESS_PARTS.map((part) => [part, code.slice(at, (at += split[part]))]),
  ) as Business
  // Zeroes alone are the mark of a part that nobody filled in.
  const empty = BUSINESS_PARTS.find((part) => part !== 'outlet' && /^0+$/.test(parts[part]))
  if (empty !== undefined)
    return { kind: 'refused', field: empty, rule: { zh: '不能全为零', en: 'may not be all zeroes' } }
  if (!(Object.values(actions) as readonly string[]).includes(parts.action))
    return {
      kind: 'refused',
      field: 'action',
      rule: {
        zh: `业务动作码应为 ${Object.values(actions).join('、')} 之一`,
        en: `the action must be one of ${Object.values(actions).join(', ')}`,
      },
    }
  return { kind: 'business', business: parts }
}

/** The code of its parts. Throws for parts that no code can be made of: whoever writes one is us. */
export function writeBusiness(profile: Profile, business: Business): string {
  const code = BUSINESS_PARTS.map((part) => business[part]).join('')
  const read = readBusiness(profile, code)
  if (read.kind === 'refused') throw new Error(`no business code: ${read.field} ${read.rule.en}`)
  if (BUSINESS_PARTS.some((part) => read.business[part] !== business[part]))
    throw new Error('no business code: a part has another length than the profile gives it')
  return code
}

/** The same business, for another action about it: a refund or a void of a payment. */
export function businessFor(
  profile: Profile,
  code: string,
  action: keyof Profile['values']['businessActions'],
): string {
  const read = readBusiness(profile, code)
  if (read.kind === 'refused') throw new Error(`no business code: ${read.field} ${read.rule.en}`)
  return writeBusiness(profile, { ...read.business, action: profile.values.businessActions[action] })
}
