// What a reconciliation says, in both languages: its verdicts, its table, its files.
import type { Words } from './words.ts'

export const RECONCILE_WORDS = {
  'cli.reconcile.only_ours': { zh: '仅我方有', en: 'only ours' },
  'cli.reconcile.only_theirs': { zh: '仅对方有', en: 'only theirs' },
  'cli.reconcile.refund_without_original': { zh: '退款无原交易', en: 'refund without original' },
  'cli.reconcile.direction': { zh: '类型或方向不符', en: 'direction' },
  'cli.reconcile.currency': { zh: '币种不符', en: 'currency' },
  'cli.reconcile.amount': { zh: '金额不符', en: 'amount' },
  'cli.reconcile.status': { zh: '状态不符', en: 'status' },
  'cli.reconcile.fee': { zh: '手续费不符', en: 'fee' },
  'cli.reconcile.legs': { zh: '资金分项不符', en: 'legs' },
  'cli.reconcile.day_shift': { zh: '清算日不符', en: 'day shift' },
  'cli.reconcile.duplicate': { zh: '重复', en: 'duplicate' },
  'cli.reconcile.in_transit': { zh: '在途', en: 'in transit' },
  'cli.reconcile.cross_day': { zh: '跨日相符', en: 'cross-day match' },
  'cli.reconcile.net_zero': { zh: '净额为零', en: 'net zero' },
  'cli.reconcile.matched': { zh: '相符', en: 'matched' },
  'cli.reconcile.only_ours.means': { zh: '我方有而对方没有。', en: 'We have it and they do not.' },
  'cli.reconcile.only_theirs.means': {
    zh: '对方有而我方没有；或我方已冲正而对方仍为成功。',
    en: 'They have it and we do not, or we have taken it back and they still call it a success.',
  },
  'cli.reconcile.refund_without_original.means': {
    zh: '只有一方有这笔退款，而它的原交易在两个文件中都没有。',
    en: 'One side alone has this refund, and neither file has the sale that it names.',
  },
  'cli.reconcile.direction.means': {
    zh: '一方是付款而另一方不是，或金额的正负相反。',
    en: 'A payment to one side and something else to the other, or amounts of opposite signs.',
  },
  'cli.reconcile.currency.means': { zh: '同一笔交易币种不同。', en: 'One item, two currencies.' },
  'cli.reconcile.amount.means': {
    zh: '金额不同；不以任何一方为准。',
    en: 'The amounts differ; neither is taken for right.',
  },
  'cli.reconcile.status.means': { zh: '金额相同而结果不同。', en: 'The same amount and different results.' },
  'cli.reconcile.fee.means': { zh: '本金相符，手续费不同。', en: 'The principal matches, the fee does not.' },
  'cli.reconcile.legs.means': {
    zh: '总额相符，资金来源的分项不同。',
    en: 'The total matches, its legs do not.',
  },
  'cli.reconcile.day_shift.means': {
    zh: '清算日相差超过容忍的天数。',
    en: 'The days are further apart than tolerated.',
  },
  'cli.reconcile.duplicate.means': {
    zh: '同一个键在同一方出现不止一次；只核对其中一行。',
    en: 'A key that stands more than once on one side; one of its lines was reconciled.',
  },
  'cli.reconcile.in_transit.means': {
    zh: '我方日终结果未知，对方没有或也未知。不是差异。',
    en: 'Its result was unknown to us at the day’s end, and they lack it or do not know either. No difference.',
  },
  'cli.reconcile.cross_day.means': {
    zh: '清算日不同，在容忍的天数之内。不是差异。',
    en: 'Different days, within what is tolerated. No difference.',
  },
  'cli.reconcile.net_zero.means': {
    zh: '一方有交易及其冲正，或失败的交易，另一方没有：双方都没有资金变动。不是差异。',
    en: 'One side lists an item and its reversal, or one that failed, the other side neither: no money moved for either. No difference.',
  },
  'cli.reconcile.matched.means': { zh: '双方一致。', en: 'The same on both sides.' },
  'cli.reconcile.of': { zh: '结论', en: 'verdict' },
  'cli.reconcile.currencies': { zh: '币种', en: 'currency' },
  'cli.reconcile.count': { zh: '笔数', en: 'count' },
  'cli.reconcile.ours': { zh: '我方', en: 'ours' },
  'cli.reconcile.theirs': { zh: '对方', en: 'theirs' },
  'cli.reconcile.lines': { zh: '我方 {ours} 行，对方 {theirs} 行', en: '{ours} lines ours, {theirs} theirs' },
  'cli.reconcile.counted': {
    zh: '{currency} 我方计为：付出 {paid}（其中 {paidUnproven} 结果未知，按已付计），收到 {received}（另有 {receivedUnproven} 未经证实，不计）',
    en: '{currency} ours counts as: paid {paid} ({paidUnproven} of it unproven, counted as paid), received {received} ({receivedUnproven} more unproven, not counted)',
  },
  'cli.reconcile.fine': { zh: '没有差异。', en: 'No difference.' },
  'cli.reconcile.bad': { zh: '差异 {count} 笔。', en: '{count} differences.' },
  'cli.reconcile.files': { zh: '明细：{csv}，{html}', en: 'Each of them: {csv}, {html}' },
  'cli.reconcile.read': { zh: '读取', en: 'reading' },
  'cli.reconcile.join': { zh: '核对', en: 'joining' },
  'cli.reconcile.title': { zh: '对账差异', en: 'Reconciliation' },
  'cli.reconcile.key': { zh: '键', en: 'key' },
  'cli.reconcile.line': { zh: '行', en: 'line' },
  'cli.reconcile.shown': {
    zh: '列出前 {shown} 笔，共 {count} 笔；全部见 differences.csv。',
    en: 'The first {shown} of {count}; all of them are in differences.csv.',
  },
  'cli.reconcile.amounts': { zh: '金额均为最小货币单位。', en: 'All amounts are in minor units.' },
} as const satisfies Words
