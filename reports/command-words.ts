// What the command line says, in both languages.
import type { Words } from './words.ts'

export const COMMAND_WORDS = {
  'cli.certify.start': {
    zh: '评判 {subject}：{pages} 个场景，配置档 {profile}，种子 {seed} …',
    en: 'Judging {subject}: {pages} pages, profile {profile}, seed {seed} …',
  },
  'cli.report.at': { zh: '报告：{path}', en: 'Report: {path}' },
  'cli.seed': { zh: '种子 {seed}', en: 'seed {seed}' },
  'cli.next': { zh: '下一步：{command}', en: 'Next: {command}' },
  'cli.mutant.caught': { zh: '被发现：{rows}', en: 'caught by {rows}' },
  'cli.mutant.survived': { zh: '未被发现：{why}', en: 'not caught: {why}' },
  'cli.mutants.sum': {
    zh: '{all} 个植入缺陷，发现 {caught} 个；涉及 {rows} 行；干净的参照全部通过。',
    en: '{caught} of {all} planted defects caught, over {rows} rows; the clean reference passes them all.',
  },
  'cli.list.without': { zh: '尚无场景页', en: 'no page yet' },
  'cli.list.sum': {
    zh: '{pages} 个场景页，覆盖目录 {catalogue} 行中的 {rows} 行',
    en: '{pages} pages for {rows} of {catalogue} catalogue rows',
  },
  'cli.explain.unknown': {
    zh: '不认识 {id}。相近的有：{near}。可以解释目录行、应答码、应答类别、植入缺陷、字段和报文类型。',
    en: 'nothing is called {id}. Near: {near}. Rows, reply codes, answer classes, mutants, fields and message types can be explained.',
  },
  'cli.explain.play': { zh: '运行：{command}', en: 'Play it: {command}' },
  'cli.explain.code': {
    zh: 'UnionPay 类线上应答码 {code}（{origin}）',
    en: 'code {code} on the UnionPay-like wire ({origin})',
  },
  'cli.explain.definite': {
    zh: '确定：该请求肯定没有、也不会再产生其他结果',
    en: 'definite: this is the outcome, and it will not change',
  },
  'cli.explain.open': {
    zh: '不确定：结果未知，应查询或重试',
    en: 'not definite: the outcome is open; query, or ask again',
  },
  'cli.explain.at': { zh: '在此阶段判定：{at}', en: 'decided at: {at}' },
  'cli.explain.caughtby': { zh: '应被这些行发现：{rows}', en: 'must be caught by {rows}' },
  'cli.origin.public': { zh: '来自公开资料', en: 'from public sources' },
  'cli.origin.house': { zh: '本项目自定', en: 'ours: no public number exists' },
  'cli.explore.all': {
    zh: '全部 {distinct} 种交错均成立',
    en: 'holds in all {distinct} interleavings there are',
  },
  'cli.explore.some': {
    zh: '{distinct} 种不同的交错均成立',
    en: 'holds in {distinct} distinct interleavings',
  },
  'cli.explore.broken': { zh: '第 {plays} 种交错不成立', en: 'breaks in interleaving {plays}' },
  'cli.explore.order': {
    zh: '存储访问的次序（前面的数字是并发请求的序号）：',
    en: 'store accesses in the order in which they went (the number is the racer):',
  },
  'cli.up.ready': {
    zh: '四方网络已就绪（配置档 {profile}，测试密钥，仅本机回环地址）。Ctrl-C 停止。',
    en: 'The network is up (profile {profile}, test keys, loopback only). Ctrl-C stops it.',
  },
  'cli.up.user': {
    zh: '演示用户 {user}，余额 {amount} 元，已签约。',
    en: 'Demo user {user} has {amount} yuan and has signed up.',
  },
  'cli.up.try': {
    zh: '发起一笔付款（收银台扫用户的付款码）：',
    en: 'Make a payment (the till scans the user’s code):',
  },
  'cli.up.watch': { zh: '看余额与账本：', en: 'See the balance and the ledger:' },
  'cli.up.single': {
    zh: '账户机构在 {url}，它到 {peer} 找清算组织。评判它：',
    en: 'The account institution listens at {url} and looks for the switch at {peer}. Judge it:',
  },
  'cli.up.config': { zh: '把下面内容存为 sifang.config.yaml：', en: 'Save this as sifang.config.yaml:' },
  'cli.up.stopped': { zh: '已停止。', en: 'Stopped.' },
  'cli.doctor.fine': { zh: '一切就绪。', en: 'Everything needed is here.' },
  'cli.doctor.missing': {
    zh: '缺少必需项，见上面带 ✗ 的行。',
    en: 'Something needed is missing: see the lines with ✗.',
  },
} as const satisfies Words
