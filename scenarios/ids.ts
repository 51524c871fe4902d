// Names that a page's steps share with the wire: order ids, network ids and users that no other page, case or run
// uses, made from the run's own tag.
import { beijingDay, beijingTime } from '../wire/wire.ts'
import { ACQUIRER_A, ACQUIRER_B } from './parties.ts'

export const MERCHANTS = {
  A: {
    acquirer: ACQUIRER_A,
    merchant: '777290058110048',
    merchantName: '四方测试商户甲',
    merchantCategory: '5411',
    terminal: '01080209',
  },
  B: {
    acquirer: ACQUIRER_B,
    merchant: '777290058110097',
    merchantName: '四方测试商户乙',
    merchantCategory: '5812',
    terminal: '01080210',
  },
} as const
export type AcquirerName = keyof typeof MERCHANTS

/** What identifies one item on the network; fixed when a step first names it. */
export type ItemIds = { readonly order: string; readonly orderTime: string; readonly transaction: string }

export type Ids = {
  user(name: string): string
  /** The account of a page (`USR:alice`) under the subject's own user id; `RP:pool` under the id `$id.pool`. */
  account(account: string): string
  item(name: string): ItemIds
  reversal(name: string): string
  /** A bank that no other page or run speaks of: a bank's file holds a whole day of it. */
  bank(name: string): string
}

export function pageIds(tag: string, page: string, now: () => number, nextNumber: () => number): Ids {
  const short = page.replace(/[^A-Za-z0-9]/g, '')
  const items = new Map<string, ItemIds>()
  const own = (name: string): string => `${tag}${short}R${name.replace(/-/g, '')}`.slice(0, 32)
  const user = (name: string): string => `${tag}-${short}-${name}`.slice(0, 32)
  return {
    user,
    account: (account) =>
      account
        .replace(/^(USR|FRZ):(.+)$/, (_, kind: string, name: string) => `${kind}:${user(name)}`)
        .replace(/^BNK:([a-z].*)$/, (_, name: string) => `BNK:${eightDigits(own(name))}`)
        .replace(/^(RP|CPN|OWN):([a-z].*)$/, (_, kind: string, name: string) => `${kind}:${own(name)}`),
    item: (name) => {
      const known = items.get(name)
      if (known !== undefined) return known
      const made = {
        order: `${tag}${short}${name.replace(/-/g, '')}`.slice(0, 32),
        orderTime: beijingTime(now()),
        transaction: beijingDay(now()) + nextNumber().toString().padStart(12, '0'),
      }
      items.set(name, made)
      return made
    },
    reversal: own,
    bank: (name) => eightDigits(own(name)),
  }
}

/** Text as a number of eight digits, the same for the same text. */
function eightDigits(text: string): string {
  let number = 0
  for (const letter of text) number = (number * 31 + letter.charCodeAt(0)) % 9_999_991
  return String(90_000_000 + number)
}
