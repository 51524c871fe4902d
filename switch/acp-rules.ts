// What must hold of a merchant's request before anything is done, and which addresses a notice may be sent to.
import { type Form, readBeijingTime, type Text, valueIn } from '../wire/wire.ts'
import type { GatewayWorld } from './acp-world.ts'
import type { AcpMerchant } from './acp-merchants.ts'

export type Say = Text
export type No = { readonly respCode: string; readonly respMsg: Say }
export const no = (respCode: string, zh: string, en: string): No => ({ respCode, respMsg: { zh, en } })

export type Checked = {
  readonly orderId: string
  readonly txnTime: string
  readonly amount: bigint
  readonly currency: string
}

/** Each rule: the member, what it must be like, and how that is said. */
const RULES: readonly (readonly [member: string, form: RegExp, zh: string, en: string])[] = [
  ['orderId', /^[A-Za-z0-9]{8,32}$/, '应为 8–32 位字母数字', 'must be 8–32 letters and digits'],
  ['txnTime', /^[0-9]{14}$/, '应为 YYYYMMDDhhmmss', 'must be YYYYMMDDhhmmss'],
  ['txnAmt', /^[1-9][0-9]{0,11}$/, '应为大于零的整数分', 'must be whole fen above zero'],
  ['currencyCode', /^[0-9]{3}$/, '应为三位币种代码', 'must be a currency of three digits'],
]

/** A new transaction: its members, its time, and where it is to be told. */
export function checkNew(
  world: Pick<GatewayWorld, 'clock' | 'profile'>,
  { merchant, form }: { readonly merchant: AcpMerchant; readonly form: Form },
): Checked | No {
  const value = (name: string): string => valueIn(form, name) ?? (name === 'currencyCode' ? '156' : '')
  for (const [member, pattern, zh, en] of RULES) {
    if (value(member) === '') return no('13', `缺少 ${member}`, `${member} is missing`)
    if (!pattern.test(value(member))) return no('10', `${member} ${zh}`, `${member} ${en}`)
  }
  const at = readBeijingTime(value('txnTime'))
  if (at === undefined || Math.abs(world.clock.wall() - at) > world.profile.values.clockSkewMs)
    return no('10', 'txnTime 无效：必须是当前北京时间', 'txnTime invalid: it must be the Beijing time of now')
  if (value('currencyCode') !== '156') return no('10', '只支持 156', 'only currency 156 is taken')
  for (const name of ['backUrl', 'frontUrl']) {
    const url = valueIn(form, name)
    if (url !== undefined && !mayPostTo(url, merchant.loopback))
      return no('10', `${name} 须为公网 http(s) 地址`, `${name} must be a public http or https address`)
  }
  return {
    orderId: value('orderId'),
    txnTime: value('txnTime'),
    amount: BigInt(value('txnAmt')),
    currency: '156',
  }
}

/** No address inside: of this machine, of a private network, of a cloud's own services (SEC-036). */
export function mayPostTo(text: string, loopback: boolean): boolean {
  if (text.length > 256 || text.includes('~')) return false
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    return false
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (host === 'localhost' || host.endsWith('.localhost')) return loopback
  if (/^[0-9.]+$/.test(host) || host.includes(':'))
    return isPublicAddress(host) || (loopback && isLoopback(host))
  return host.includes('.') && !/\.(local|internal|lan|home|arpa)$/.test(host)
}

const INSIDE_4: readonly (readonly [number, number])[] = (
  [
    ['0.0.0.0', 8],
    ['10.0.0.0', 8],
    ['100.64.0.0', 10],
    ['127.0.0.0', 8],
    ['169.254.0.0', 16],
    ['172.16.0.0', 12],
    ['192.0.0.0', 24],
    ['192.168.0.0', 16],
    ['198.18.0.0', 15],
    ['224.0.0.0', 3],
  ] as const
).map(([net, bits]) => [numberOf(net) >>> (32 - bits), bits])

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0)
}

/** Of an address as the resolver gives it; names are resolved by whoever posts. */
export function isPublicAddress(address: string): boolean {
  if (/^([0-9]{1,3}\.){3}[0-9]{1,3}$/.test(address)) {
    const number = numberOf(address)
    return INSIDE_4.every(([net, bits]) => number >>> (32 - bits) !== net)
  }
  // Of version 6 only what the internet itself is; an address of version 4 inside one is none of that.
  return /^[23][0-9a-f]{3}:/i.test(address) && !/^2002:|^2001:0?:/i.test(address)
}

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1'
