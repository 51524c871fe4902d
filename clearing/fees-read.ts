// Fee standards from data, strictly: every value is text, an unknown member is a fault, and so is whatever would leave an
// amount without a fee or give it two. All faults are told at once, each with its place.
import { type Decimal, DECIMAL_DIGITS_MAX, parseCurrency, parseDecimal, sum } from '../money/money.ts'
import { readBeijingTime, type Text } from '../wire/wire.ts'
import { type Cells, cellsOf, type FeeFault, words } from './fees-cells.ts'
import {
  ANY_PRODUCT,
  FEE_BASES,
  FEE_REFUNDS,
  FEE_SIDES,
  type FeePrice,
  type FeeRule,
  type FeeStandard,
  type FeeTier,
} from './fees-standard.ts'

export type FeesRead =
  | { readonly kind: 'standards'; readonly standards: readonly FeeStandard[] }
  | { readonly kind: 'refused'; readonly faults: readonly FeeFault[] }

const LIMITS = {
  standardsMax: 1000,
  rulesMax: 50,
  tiersMax: 100,
  sharesMax: 20,
  nameCharsMax: 40,
  productDigitsMax: 20, // the whole of 四码一号
  amountDigitsMax: 18,
} as const

export function readFeeStandards(from: unknown): FeesRead {
  const faults: FeeFault[] = []
  const top = cellsOf(from, '', ['standards'], faults)
  const standards = top.sound(
    () =>
      top
        .list('standards', LIMITS.standardsMax)
        .map(([value, place]) => standardIn(top.inner(value, place, STANDARD))),
    (all) => {
      repeated(all, ({ name }) => name, faults, {
        zh: '与前面一个标准同名：一个名称只写一次',
        en: 'has the name of an earlier standard; write each name once',
      })
      repeated(all, ({ product, currency }) => `${product} ${currency}`, faults, {
        zh: '与前面一个标准的产品和币种相同：一笔交易只能有一个标准，请合并规则',
        en: 'has product and currency of an earlier standard; a payment has one standard, so put the rules together',
      })
    },
  )
  return faults.length > 0 ? { kind: 'refused', faults } : { kind: 'standards', standards }
}

function repeated<T>(list: readonly T[], keyOf: (one: T) => string, faults: FeeFault[], said: Text): void {
  const seen = new Set<string>()
  for (const [at, one] of list.entries()) {
    if (seen.has(keyOf(one))) faults.push({ place: `standards[${at}]`, said })
    seen.add(keyOf(one))
  }
}

const STANDARD = ['name', 'product', 'currency', 'refunds', 'rules'] as const
const PRICE = ['rate', 'perItem', 'min', 'max'] as const
const RULE = ['name', 'from', 'until', 'side', 'base', ...PRICE, 'tiers', 'shares', 'remainder'] as const
const TIER = ['amounts', ...PRICE] as const
const SHARE = ['to', 'share'] as const

function standardIn(cells: Cells): FeeStandard {
  const rules = cells.sound(
    () =>
      cells
        .list('rules', LIMITS.rulesMax)
        .map(([value, place]) => ({ place, rule: ruleIn(cells.inner(value, place, RULE)) })),
    (all) => inSuccession(all, cells),
  )
  return {
    name: nameIn(cells),
    product: cells.read('product', productOf, PRODUCT, ANY_PRODUCT),
    currency: cells.read('currency', parseCurrency, CURRENCY, 'CNY'),
    refunds: cells.choice('refunds', FEE_REFUNDS),
    rules: rules.map(({ rule }) => rule),
  }
}

const nameIn = (cells: Cells): string =>
  cells.read(
    'name',
    (text) => (/^\S+$/.test(text) && text.length <= LIMITS.nameCharsMax ? text : undefined),
    {
      zh: `应为不含空格的名称，最多 ${LIMITS.nameCharsMax} 个字符`,
      en: `must be a name without spaces of at most ${LIMITS.nameCharsMax} characters`,
    },
    '',
  )

const PRODUCT: Text = {
  zh: `应为四码一号的前几位数字（最多 ${LIMITS.productDigitsMax} 位），或 '${ANY_PRODUCT}' 表示其他所有产品`,
  en: `must be the first digits of a business code, at most ${LIMITS.productDigitsMax}, or '${ANY_PRODUCT}' for every other product`,
}
const CURRENCY: Text = {
  zh: '应为已知币种，如 CNY 或 156',
  en: 'must be a known currency, as CNY or 156',
}
const productOf = (text: string): string | undefined =>
  text === ANY_PRODUCT || (/^[0-9]+$/.test(text) && text.length <= LIMITS.productDigitsMax) ? text : undefined

type Placed = { readonly place: string; readonly rule: FeeRule }

/** Versions of one fee follow each other without overlap, which would charge it twice, and without a gap. */
function inSuccession(rules: readonly Placed[], cells: Cells): void {
  const last = new Map<string, Placed>()
  for (const { place, rule } of rules) {
    const before = last.get(rule.name)
    last.set(rule.name, { place, rule })
    if (before === undefined || before.rule.until === rule.from) continue
    const until = before.rule.until
    if (until === undefined || until > rule.from)
      cells.fault(`${place}.from`, {
        zh: `与 ${before.place} 的有效期重叠，同一费用会收两次：前一版的 until 应等于这一版的 from`,
        en: `overlaps ${before.place}, so one fee would be charged twice; let the earlier version's until be this one's from`,
      })
    else
      cells.fault(`${place}.from`, {
        zh: `与 ${before.place} 之间有空档（${until} 起无规则）：前一版的 until 应等于这一版的 from；不收费请写 perItem '0'`,
        en: `leaves a gap behind ${before.place}, which ends at ${until}; let its until be this one's from, and where nothing is charged write perItem '0'`,
      })
  }
}

const WHEN: Text = {
  zh: '应为北京时间 YYYYMMDDhhmmss，如 20260701000000',
  en: 'must be a Beijing time YYYYMMDDhhmmss, as 20260701000000',
}
const timeOf = (text: string): string | undefined => (readBeijingTime(text) === undefined ? undefined : text)

function ruleIn(cells: Cells): FeeRule {
  const { from, until } = cells.sound(
    () => ({
      from: cells.read('from', timeOf, WHEN, ''),
      until: cells.has('until') ? cells.read('until', timeOf, WHEN, '') : undefined,
    }),
    (times) => {
      if (times.until !== undefined && times.until <= times.from)
        cells.faultOf('until', { zh: '应晚于 from', en: 'must be later than from' })
    },
  )
  const { shares, remainder } = sharesIn(cells)
  return {
    name: nameIn(cells),
    from,
    ...(until !== undefined && { until }),
    side: cells.choice('side', FEE_SIDES),
    base: cells.choice('base', FEE_BASES),
    tiers: tiersIn(cells),
    shares,
    remainder,
  }
}

function tiersIn(cells: Cells): readonly FeeTier[] {
  if (!cells.has('tiers')) return [{ from: 0n, price: priceIn(cells) }]
  for (const member of PRICE)
    if (cells.has(member))
      cells.faultOf(member, {
        zh: '规则有区间（tiers）时，价格写在各区间内',
        en: 'belongs inside the intervals where a rule has tiers',
      })
  const tiers = cells.sound(
    () =>
      cells.list('tiers', LIMITS.tiersMax).map(([value, place]) => {
        const tier = cells.inner(value, place, TIER)
        return { place: `${place}.amounts`, ...intervalIn(tier), price: priceIn(tier) }
      }),
    (all) => withoutGap(all, cells),
  )
  return tiers.map(({ from, to, price }) => ({ from, ...(to !== undefined && { to }), price }))
}

const AMOUNTS: Text = {
  zh: "应为区间，方括号含端点、圆括号不含，单位为最小货币单位，如 '[0, 10000]'、'(10000, 50000]'、'(50000, )'",
  en: "must be an interval of minor units, a square bracket with its end and a round one without, as '[0, 10000]', '(10000, 50000]' or '(50000, )'",
}

type Interval = { readonly from: bigint; readonly to?: bigint }

const intervalIn = (cells: Cells): Interval => cells.read('amounts', intervalOf, AMOUNTS, { from: 0n })

/** Amounts are whole, so an open end is the next whole number inside. */
function intervalOf(text: string): Interval | undefined {
  const [, opens, low = '', high = '', closes] = /^([[(])([0-9]+), ?([0-9]*)([\])])$/.exec(text) ?? []
  const from = amountOf(low)
  if (from === undefined) return undefined
  const least = opens === '(' ? from + 1n : from
  if (high === '') return closes === ')' ? { from: least } : undefined
  const to = amountOf(high)
  if (to === undefined) return undefined
  const most = closes === ')' ? to - 1n : to
  return most < least ? undefined : { from: least, to: most }
}

const ENDS: Text = {
  zh: "后面没有区间，更大的金额没有费用：最后一个区间写成 '(…, )'",
  en: "is the last interval and has an end, so greater amounts have no fee; write it as '(…, )'",
}

function withoutGap(tiers: readonly (Interval & { readonly place: string })[], cells: Cells): void {
  let next: bigint | undefined = 0n
  for (const { place, from, to } of tiers) {
    if (next === undefined || from < next)
      cells.fault(place, {
        zh: `与前一个区间重叠：${from} 会有两个费用；区间从小到大写`,
        en: `overlaps the interval before it, so ${from} would have two fees; write intervals from small to great`,
      })
    else if (from > next)
      cells.fault(place, {
        zh: `前面有空档：${next} 至 ${from - 1n} 没有费用；第一个区间从 [0 开始，相邻区间共用端点`,
        en: `leaves a gap: ${next} to ${from - 1n} have no fee; begin at [0, and let neighbours share an end`,
      })
    next = to === undefined ? undefined : to + 1n
  }
  const last = tiers.at(-1)
  if (last?.to !== undefined) cells.fault(last.place, ENDS)
}

const AMOUNT: Text = {
  zh: `应为最小货币单位的整数，写成文本，如 '8'，最多 ${LIMITS.amountDigitsMax} 位`,
  en: `must be whole minor units as text, as '8', of at most ${LIMITS.amountDigitsMax} digits`,
}
const amountOf = (text: string): bigint | undefined =>
  /^(0|[1-9][0-9]*)$/.test(text) && text.length <= LIMITS.amountDigitsMax ? BigInt(text) : undefined

const PERCENT: Text = {
  zh: `应为不大于 100% 的精确百分数，写成文本，如 '0.38%'，最多 ${DECIMAL_DIGITS_MAX} 位数字`,
  en: `must be an exact percentage up to 100% as text, as '0.38%', of at most ${DECIMAL_DIGITS_MAX} digits`,
}
function percentOf(text: string): Decimal | undefined {
  const percent = text.endsWith('%') ? parseDecimal(text.slice(0, -1)) : undefined
  return percent === undefined || percent.units > 100n * 10n ** BigInt(percent.places) ? undefined : percent
}

const NOTHING: Decimal = { units: 0n, places: 0 }

function priceIn(cells: Cells): FeePrice {
  if (!cells.has('rate') && !cells.has('perItem'))
    cells.fault(cells.place, {
      zh: "没有写价格：写 rate（如 '0.38%'）或 perItem（如 '30'），或两者",
      en: "has no price; write rate, as '0.38%', or perItem, as '30', or both",
    })
  const optional = (member: string): bigint | undefined =>
    cells.has(member) ? cells.read(member, amountOf, AMOUNT, 0n) : undefined
  const { min, max } = cells.sound(
    () => ({ min: optional('min'), max: optional('max') }),
    (ends) => {
      if (ends.min !== undefined && ends.max !== undefined && ends.min > ends.max)
        cells.faultOf('max', { zh: '应不小于 min', en: 'must not be below min' })
    },
  )
  return {
    perItem: optional('perItem') ?? 0n,
    percent: cells.has('rate') ? cells.read('rate', percentOf, PERCENT, NOTHING) : NOTHING,
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
  }
}

function sharesIn(cells: Cells): Pick<FeeRule, 'shares' | 'remainder'> {
  return cells.sound(
    () => ({
      shares: cells.list('shares', LIMITS.sharesMax).map(([value, place]) => {
        const share = cells.inner(value, place, SHARE)
        return { to: share.text('to'), percent: share.read('share', percentOf, PERCENT, NOTHING) }
      }),
      remainder: cells.text('remainder'),
    }),
    ({ shares, remainder }) => {
      const parties = shares.map(({ to }) => to)
      if (!isWhole(shares.map(({ percent }) => percent)))
        cells.faultOf('shares', { zh: '各份合计应恰为 100%', en: 'must add up to exactly 100%' })
      if (new Set(parties).size < parties.length)
        cells.faultOf('shares', { zh: '同一方只写一次', en: 'must name each party once' })
      if (!parties.includes(remainder))
        cells.faultOf('remainder', {
          zh: `应为分成方之一：${words(parties)}`,
          en: `must be one of those that have a share: ${words(parties)}`,
        })
    },
  )
}

function isWhole(percents: readonly Decimal[]): boolean {
  const places = Math.max(...percents.map((percent) => percent.places))
  const units = percents.map((percent) => percent.units * 10n ** BigInt(places - percent.places))
  return sum(units) === 100n * 10n ** BigInt(places)
}
