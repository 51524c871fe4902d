// The words a run ends in, explained: verdicts of a page and of a run, whose fault it was, exit codes, and what a subject
// may offer. Each table holds every word there is, or it does not compile.
import type { Cause, RunEnd, Verdict } from '../conformance/conformance.ts'
import { DICTIONARY, say, type WordKey } from '../reports/reports.ts'
import type { Feature } from '../scenarios/scenarios.ts'
import type { Text } from '../wire/wire.ts'
import { EXIT_CODES } from './exits.ts'
import { type Explained, type Kind, type KindName, same } from './explained.ts'

const VERDICTS: Readonly<Record<Verdict | RunEnd['verdict'], Text>> = {
  pass: { zh: '要求的每一项都有证据，并且成立。', en: 'Everything asked was shown by evidence, and holds.' },
  fail: {
    zh: '至少一项期望被证据推翻：不符合。退出码 1。',
    en: 'Evidence contradicts at least one expectation: it does not conform. Exit 1.',
  },
  warn: {
    zh: '成立，但有值得注意之处；不影响结论。',
    en: 'It holds, with something to mind; the verdict of the run is not changed.',
  },
  'not applicable': {
    zh: '这一行不考这样的被测方（如收单机构的行，而收单机构是我方替身）。',
    en: 'The row does not judge a subject of this kind, such as an acquirer’s row where the acquirer is ours.',
  },
  'not shown': {
    zh: '没有证据可判：缺少功能、没有观察到，或没有轮到。绝不计为通过；要求的行如此则运行不完整，退出码 4。',
    en: 'Nothing was seen that decides it: a feature is missing, nothing was observed, or it was not reached. Never a pass; a required row that was not shown makes the run incomplete, exit 4.',
  },
  'known gap': {
    zh: '事先登记、说明了理由的缺口，如期未成立。',
    en: 'A gap that was registered beforehand with its reason, and is still there.',
  },
  'gap closed': {
    zh: '登记为缺口的一项现在成立了：登记须删除，在此之前算失败，否则借口无人核对。',
    en: 'What was registered as a gap now holds. Until the entry is removed this fails the run: excuses are checked as well.',
  },
  incomplete: {
    zh: '没有失败，但有要求的行未能证明，或什么也没有运行。退出码 4。',
    en: 'Nothing failed, but something required was not shown, or nothing ran. Exit 4.',
  },
  'harness defect': {
    zh: '考试程序自己出错：此结论不可采用，请报告。退出码 5。',
    en: 'The exam itself went wrong: do not use this verdict, and report it. Exit 5.',
  },
  unreachable: {
    zh: '被测方、其配置或环境没有就绪，什么也没有考。退出码 3（配置错误为 2）。',
    en: 'The subject, its configuration or its environment is not ready, so nothing was judged. Exit 3 (2 for configuration).',
  },
  interrupted: {
    zh: '运行在结束之前被停止；报告只含已考部分。退出码 130。',
    en: 'The run was stopped before its end; the report holds what was judged until then. Exit 130.',
  },
}

const CAUSES: Readonly<Record<Cause, Text>> = {
  subject: {
    zh: '被测方的过失：它的行为与要求不符。',
    en: 'The subject’s doing: it did not behave as required.',
  },
  configuration: {
    zh: '配置有误：密钥、证书、地址或功能与实际不符；不算被测方失败。',
    en: 'The configuration is wrong: a key, certificate, address or feature is not as declared. No failure of the subject.',
  },
  environment: {
    zh: '环境问题：连不上、超时、端口被占；不算被测方失败。',
    en: 'The environment: not reachable, timed out, a port taken. No failure of the subject.',
  },
  undecidable: {
    zh: '看到的不足以判定：不通过也不失败，属未证明。',
    en: 'What was seen decides it neither way: neither passed nor failed, but not shown.',
  },
  harness: { zh: '考试程序自身的缺陷。', en: 'A defect of the exam itself.' },
}

const FEATURE_WORDS: Readonly<Record<Feature, Text>> = {
  control: {
    zh: '控制接口：考官能建用户、设余额、改状态（POST /control/…）。',
    en: 'The control API: an examiner can create users, set balances and states (POST /control/…).',
  },
  'ledger-export': {
    zh: '账本导出：GET /control/ledger 逐条给出分录与位置。',
    en: 'The ledger export: GET /control/ledger gives every posting with its position.',
  },
  clock: {
    zh: '时钟由考官推进（POST /control/clock）；没有它，需要虚拟时间的场景未能证明。',
    en: 'A clock that the examiner moves (POST /control/clock); without it pages in virtual time are not shown.',
  },
  restart: {
    zh: '可由考官重启（POST /control/restart），只剩已落盘的东西。',
    en: 'It can be restarted by the examiner (POST /control/restart) and keeps only what is stored.',
  },
  wallet: {
    zh: '钱包接口：用户签约、出示付款码（/wallet/…）。',
    en: 'The wallet API: users sign up and show payment codes (/wallet/…).',
  },
  void: {
    zh: '撤销：当日全额退回一笔付款，以及撤销的冲正（debit.void）。',
    en: 'Voids: a payment is taken back whole on its day, and that can be undone (debit.void).',
  },
  password: {
    zh: '验密：超过免密限额的付款等用户输入密码（auth.result）。',
    en: 'Passwords: a payment above the PIN-free limit waits for its user (auth.result).',
  },
  'sign-up': {
    zh: '签约：清算方发起的签约与短信验证、解约、用户状态（agreement.*、user.status）。',
    en: 'Sign-up begun by the switch with an SMS, its cancelling, and a user’s state (agreement.*, user.status).',
  },
  orders: {
    zh: '正扫与线上：解析商户码与订单并付款（order.resolve、pay）。',
    en: 'Merchant codes and online orders are resolved and paid (order.resolve, pay).',
  },
  marketing: {
    zh: '营销：红包、优惠券、券兑换。',
    en: 'Marketing: red packets, coupons, and their exchange.',
  },
  cards: {
    zh: '银行卡：绑卡、卡付款与退款，充值、提现、转账（card.*）。',
    en: 'Bank cards: bound, paid with and refunded to; top-up, withdrawal and transfer (card.*).',
  },
  branches: {
    zh: '组合支付的分支：尝试、确认、取消（branch.*）。',
    en: 'Branches of composite payments: tried, confirmed, cancelled (branch.*).',
  },
  limits: {
    zh: '限额、账户分类、分省与商户控制、风控规则。',
    en: 'Limits, tiers, barred shops and regions, risk rules.',
  },
  till: {
    zh: '收银台接口（收单机构）：消费、退款、撤销、冲正、商户码与线上订单（/till/…）。',
    en: 'The till API of an acquirer: sales, refunds, voids, reversals, merchant codes and online orders (/till/…).',
  },
  outage: {
    zh: '考官可让数据库的下几次写入失败（POST /control/outage）。',
    en: 'An examiner can let the next changes of its database fail (POST /control/outage).',
  },
}

/** `keys`: where a report's own title of the word stands in the dictionary. */
function words(
  name: KindName,
  table: Readonly<Record<string, Text>>,
  keys: readonly string[],
  from: string,
): Kind {
  return {
    name,
    ids: async () => Object.keys(table),
    tell: async (id, lang): Promise<Explained | undefined> => {
      const found = Object.entries(table).find(
        ([word]) => same(word, id) || same(word, id.replaceAll('-', ' ')),
      )
      if (found === undefined) return undefined
      const [word, text] = found
      const title = keys.map((key) => `${key}.${word}`).find((key) => Object.hasOwn(DICTIONARY, key))
      return {
        id: word,
        kind: name,
        lines: [...(title === undefined ? [] : [say(lang, title as WordKey)]), text[lang]],
        source: from,
      }
    },
  }
}

export const verdict = words('verdict', VERDICTS, ['verdict', 'run'], 'conformance/verdict.ts')
export const cause = words('cause', CAUSES, ['cause'], 'scenarios/events.ts')
export const feature = words('feature', FEATURE_WORDS, [], 'scenarios/subject.ts')

/** Reply codes have two signs, so a bare exit code is never one of them. */
export const exit: Kind = {
  name: 'exit',
  ids: async () => EXIT_CODES.map(({ code }) => `exit ${code}`),
  tell: async (id, lang): Promise<Explained | undefined> => {
    const [, digits] = /^(?:exit[ -]?)?([0-9]+)$/i.exec(id) ?? []
    const found = EXIT_CODES.find(({ code }) => String(code) === digits)
    if (found === undefined) return undefined
    return {
      id: `exit ${found.code}`,
      kind: 'exit',
      lines: [found[lang]],
      source: `conformance/verdict.ts · sifang --help`,
    }
  },
}
