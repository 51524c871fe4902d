// A drawn story as the text of a page, in the pages' own words. It expects nothing but that the invariants hold.
import { stringify } from 'yaml'
import type { Command, Funding } from './story-words.ts'

const USERS = ['alice', 'bob'] as const
type User = (typeof USERS)[number]
const OPENING = '105000'
const BANK = '01020001'

/** What the writing of a story has to remember: which names stand for what so far. */
type Script = {
  readonly steps: unknown[]
  readonly sales: { readonly name: string; readonly user: User; readonly scanned: boolean }[]
  readonly codes: string[]
  /** A wallet that is not active shows no code, and its balance is not the examiner's to set. */
  readonly inactive: Set<User>
  count: number
}

const at = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)]
const userAt = (index: number): User => at(USERS, index) ?? USERS[0]
const own = (user: User): string => `$user.${user}`
/** A call that a wallet or a till may refuse: that is its business here. */
const asked = (call: object): object => ({ call, expect: { done: 'either' } })

export function pageOf(story: readonly Command[], variant: string): string {
  const script: Script = { steps: [], sales: [], codes: [], inactive: new Set(), count: 0 }
  for (const one of story) write(script, one)
  return stringify(
    {
      id: 'XPL-001',
      variant,
      title: { zh: '探索得到的故事', en: 'A story found by exploration' },
      given: {
        zh: '两个用户，各有余额、红包、优惠券和银行卡',
        en: 'two users, each with a balance, a red packet, a coupon and a card',
      },
      clause: 'INV',
      severity: 'blocker',
      role: 'network',
      cast: 'network',
      needs: ['control', 'ledger-export', 'wallet', 'clock', 'restart'],
      time: 'virtual',
      setup: USERS.flatMap(belongings),
      steps: script.steps.length === 0 ? [{ wait: '1s' }] : script.steps,
      expect: [{ invariants: 'hold' }],
    },
    { lineWidth: 120 },
  )
}

const CARDS: Readonly<Record<User, string>> = { alice: '6216261000000000018', bob: '6216261000000000026' }

function belongings(user: User): object[] {
  const pool = `$id.pool-${user}`
  return [
    { user: { name: user, balance: OPENING } },
    {
      call: {
        do: `POST /control/pools/${pool}/deposits`,
        body: { deposit: `$id.money-${user}`, amount: '600' },
      },
    },
    {
      call: {
        do: `POST /control/users/${own(user)}/packets`,
        body: { packet: `$id.packet-${user}`, pool, amount: '600' },
      },
    },
    {
      call: {
        do: `POST /control/users/${own(user)}/coupons`,
        body: { coupon: `$id.coupon-${user}`, issuer: `$id.issuer`, face: '300', threshold: '700' },
      },
    },
    {
      call: {
        do: `POST /wallet/users/${own(user)}/cards`,
        body: {
          request: `bind-card-${user}`,
          bank: BANK,
          cardNumber: CARDS[user],
          holderName: '测试甲',
          idNumber: '110101199001011237',
          phone: '13800000001',
        },
        as: `k-${user}`,
      },
    },
  ]
}

function sources(funding: Funding, user: User): object[] {
  const coupon = { from: 'coupon', id: `$id.coupon-${user}` }
  const packet = { from: 'packet', id: `$id.packet-${user}`, most: '200' }
  const card = { from: 'card', id: `$k-${user}.card` }
  const balance = { from: 'balance' }
  const some = { from: 'balance', most: '300' }
  switch (funding) {
    case 'balance':
      return [balance]
    case 'coupon':
      return [coupon, balance]
    case 'packet':
      return [packet, balance]
    case 'card':
      return [card]
    case 'mixed':
      return [some, card]
    case 'all':
      return [coupon, packet, some, card]
  }
}

function write(script: Script, one: Command): void {
  const { steps, sales, inactive } = script
  const sale = 'of' in one ? at(sales, one.of) : undefined
  switch (one.do) {
    case 'sell':
      return sell(script, one)
    case 'scan':
      return scan(script, one)
    case 'answer':
      return sale === undefined ? undefined : void steps.push(answered(sale, one.how))
    case 'refund':
    case 'void':
    case 'reversal':
      return sale === undefined ? undefined : takeBack(script, sale, one)
    case 'money':
      return void steps.push(money(script, one.what, userAt(one.of), one.amount))
    case 'limit':
      return void steps.push(
        asked({
          do: `PUT /control/users/${own(userAt(one.of))}/limits`,
          body: { perDay: String(one.amount) },
        }),
      )
    case 'fault':
      return void steps.push({
        fault: {
          what: one.what,
          type: one.type,
          times: String(one.times),
          ...(one.what === 'delay' && { by: one.by }),
        },
      })
    case 'wait':
      return void steps.push({ wait: one.for })
    case 'crash':
      return void steps.push(one.who === 'subject' ? { restart: 'subject' } : { crash: one.who })
    case 'status':
      if (one.is === 'active') inactive.delete(userAt(one.of))
      else inactive.add(userAt(one.of))
      return void steps.push({ status: { of: userAt(one.of), is: one.is } })
    case 'balance':
      if (!inactive.has(userAt(one.of)))
        steps.push({ balance: { of: userAt(one.of), amount: String(one.amount) } })
      return
    case 'close':
      return void steps.push({ close: { day: 'today' } })
  }
}

function sell(script: Script, one: Extract<Command, { do: 'sell' }>): void {
  const { steps, sales, codes, inactive } = script
  const user = userAt(one.of)
  const shown = one.oldCode || inactive.has(user) ? at(codes, one.of) : undefined
  if (shown === undefined && inactive.has(user)) return
  const code = shown ?? `c${codes.length + 1}`
  if (shown === undefined) {
    steps.push({
      code: { of: user, as: code, ...(one.funding !== 'balance' && { funding: sources(one.funding, user) }) },
    })
    codes.push(code)
  }
  const name = `s${sales.length + 1}`
  sales.push({ name, user, scanned: false })
  steps.push({ sell: { as: name, acquirer: one.acquirer, code, amount: String(one.amount) } })
}

/** A till shows a code, the user scans and pays it. */
function scan(script: Script, one: Extract<Command, { do: 'scan' }>): void {
  const { steps, sales } = script
  const user = userAt(one.of)
  const name = `o${sales.length + 1}`
  sales.push({ name, user, scanned: true })
  const order = { order: `$id.${name}`, orderTime: '$time.now', amount: String(one.amount) }
  steps.push(
    asked({ do: 'POST /till/codes', body: order, as: name }),
    asked({
      do: `POST /wallet/users/${own(user)}/scans`,
      body: { qrCode: `$${name}.qrCode` },
      as: `${name}-seen`,
    }),
    asked({
      do: `POST /wallet/users/${own(user)}/payments`,
      body: {
        tn: `$${name}-seen.tn`,
        ...(one.funding !== 'balance' && { funding: sources(one.funding, user) }),
        ...(one.amount > 100_000 && { pin: '000000' }),
      },
      as: `${name}-paid`,
    }),
  )
}

function answered(sale: Script['sales'][number], how: 'right' | 'wrong' | 'no'): object {
  const payment = sale.scanned ? `$${sale.name}-paid.transaction` : `$${sale.name}.transaction`
  const path = `/wallet/users/${own(sale.user)}/payments/${payment}`
  return how === 'no'
    ? asked({ do: `POST ${path}/cancel` })
    : asked({ do: `POST ${path}/confirm`, body: { pin: how === 'right' ? '000000' : '111111' } })
}

/** Sales by code are the page's own words; what was scanned is named by the order that the till gave it. */
function takeBack(
  script: Script,
  sale: Script['sales'][number],
  one: Extract<Command, { do: 'refund' | 'void' | 'reversal' }>,
): void {
  script.count += 1
  const name = `r${script.count}`
  const of = { order: `$${sale.name}.order`, orderTime: `$${sale.name}.orderTime` }
  const ids = { order: `$id.${name}`, orderTime: '$time.now' }
  if (one.do === 'reversal') {
    if (!sale.scanned) script.steps.push({ reversal: { of: sale.name } })
  } else if (one.do === 'void') script.steps.push(asked({ do: 'POST /till/voids', body: { ...ids, of } }))
  else if (sale.scanned)
    script.steps.push(asked({ do: 'POST /till/refunds', body: { ...ids, of, amount: String(one.amount) } }))
  else script.steps.push({ refund: { as: name, of: sale.name, amount: String(one.amount) } })
}

function money(
  script: Script,
  what: 'top-ups' | 'withdrawals' | 'transfers',
  user: User,
  amount: number,
): object {
  script.count += 1
  const request = `request-${script.count}`
  const body =
    what === 'transfers'
      ? { request, to: own(user === 'alice' ? 'bob' : 'alice'), amount: String(amount), pin: '000000' }
      : {
          request,
          card: `$k-${user}.card`,
          amount: String(amount),
          ...(what === 'withdrawals' && { pin: '000000' }),
        }
  return asked({ do: `POST /wallet/users/${own(user)}/${what}`, body })
}
