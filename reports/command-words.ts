// What the command line says, in both languages.
import { RECONCILE_WORDS } from './reconcile-words.ts'
import { SIMULATE_WORDS } from './simulate-words.ts'
import { CLINIC_WORDS } from './clinic-words.ts'
import { TAPE_WORDS } from './tape-words.ts'
import type { Words } from './words.ts'

export const COMMAND_WORDS = {
  ...TAPE_WORDS,
  ...CLINIC_WORDS,
  ...RECONCILE_WORDS,
  ...SIMULATE_WORDS,
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
  'cli.matrix.profile': { zh: '配置档', en: 'profile' },
  'cli.coverage.total': { zh: '合计', en: 'total' },
  'cli.coverage.role.account-institution': { zh: '账户机构', en: 'institution' },
  'cli.coverage.role.acquirer': { zh: '收单机构', en: 'acquirer' },
  'cli.coverage.role.both': { zh: '两者', en: 'both' },
  'cli.coverage.rows': { zh: '行', en: 'rows' },
  'cli.coverage.blockers': { zh: '其中阻断', en: 'blockers' },
  'cli.coverage.with': { zh: '有场景', en: 'with page' },
  'cli.coverage.pages': { zh: '场景页', en: 'pages' },
  'cli.coverage.pass': { zh: '通过', en: 'pass' },
  'cli.coverage.fail': { zh: '失败', en: 'fail' },
  'cli.coverage.notShown': { zh: '未证明', en: 'not shown' },
  'cli.coverage.notPlayed': { zh: '未判定', en: 'not judged' },
  'cli.coverage.run': {
    zh: '结论取自最近一次运行 {run}。',
    en: 'Verdicts are those of the last run, {run}.',
  },
  'cli.coverage.noRun': {
    zh: '还没有任何运行，所以没有结论：npx sifang certify',
    en: 'Nothing was run yet, so there are no verdicts: npx sifang certify',
  },
  'cli.coverage.without': {
    zh: '目录中还有 {count} 行没有场景页，任何报告都不会把它们算作通过：sifang list --all',
    en: '{count} catalogue rows have no page yet and never count as passed: sifang list --all',
  },
  'cli.list.sum': {
    zh: '{pages} 个场景页，覆盖目录 {catalogue} 行中的 {rows} 行',
    en: '{pages} pages for {rows} of {catalogue} catalogue rows',
  },
  'cli.explain.unknown': {
    zh: '不认识 {id}。相近的有：{near}。可以解释：{kinds}。全部列出：sifang explain --all',
    en: 'nothing is called {id}. Near: {near}. There is: {kinds}. sifang explain --all lists them.',
  },
  'cli.explain.what': {
    zh: '解释什么？例如 sifang explain REV-003；sifang explain --all 全部列出。',
    en: 'explain what? Such as sifang explain REV-003; sifang explain --all lists everything.',
  },
  'cli.explain.source': { zh: '出处：{source}', en: 'Source: {source}' },
  'cli.explain.catches': { zh: '要捉住的错误：{defect}', en: 'catches: {defect}' },
  'cli.explain.mutants': { zh: '必须发现的植入缺陷：{mutants}', en: 'must catch the mutants {mutants}' },
  'cli.explain.group': {
    zh: '目录中 {rows} 行，其中 {paged} 行有场景页',
    en: '{rows} catalogue rows, {paged} of them with pages',
  },
  'cli.explain.over': { zh: '考查范围：{over}；需要：{needs}', en: 'over {over}; needs {needs}' },
  'cli.explain.planted': {
    zh: '植入处：{file}；试一试：{command}',
    en: 'planted in {file}; try it: {command}',
  },
  'cli.explain.unplanted': { zh: '尚未植入', en: 'not planted yet' },
  'cli.explain.means': { zh: '应答类别 {class}', en: 'answer class {class}' },
  'cli.explain.field': {
    zh: '格式 {format}，长度 {length}，{secrecy}',
    en: 'format {format}, length {length}, {secrecy}',
  },
  'cli.explain.in': { zh: '所在报文：{messages}', en: 'in {messages}' },
  'cli.explain.head': {
    zh: '报文头 {of} 行中的第 {place} 行',
    en: 'line {place} of the {of} of an envelope’s head',
  },
  'cli.explain.part': {
    zh: '报文 {of} 部分中的第 {place} 部分',
    en: 'part {place} of the {of} of a message',
  },
  'cli.explain.request': {
    zh: '请求，网络报文号 {number}，由 {sender} 发出',
    en: 'a request, number {number} on the network, sent by the {sender}',
  },
  'cli.explain.reply': {
    zh: '对 {type}（{number}，由 {sender} 发出）的应答',
    en: 'the reply to {type} ({number}, sent by the {sender})',
  },
  'cli.explain.step': {
    zh: '{order} 中 {of} 步的第 {place} 步；此前各步都已通过',
    en: 'step {place} of {of} in {order}; every earlier one has passed by then',
  },
  'cli.explain.profile': {
    zh: '网络 {network} · 框架 {frame} · 套件 {suite} · 次序 {order}',
    en: 'network {network} · frame {frame} · suite {suite} · order {order}',
  },
  'cli.part.head': {
    zh: '报文头：明文，受签名与标签保护',
    en: 'the head: in clear, covered by signature and tag',
  },
  'cli.part.wrap': {
    zh: '用接收方加密证书包裹的报文密钥',
    en: 'the message key, wrapped for the receiver’s encryption certificate',
  },
  'cli.part.iv': { zh: '初始向量，16 字节', en: 'the initialisation vector, 16 bytes' },
  'cli.part.cipher': { zh: '密封块：加密的内容', en: 'the sealed block: the content, encrypted' },
  'cli.part.tag': {
    zh: '校验标签：HMAC-SM3，解密之前核对',
    en: 'the tag: HMAC-SM3, checked before anything is decrypted',
  },
  'cli.part.sign': {
    zh: '签名；先签名后加密时在密封块内，此处为空',
    en: 'the signature; in sign-then-encrypt it is inside the sealed block and this part is empty',
  },
  'cli.secrecy.public': { zh: '明文显示', en: 'shown as it is' },
  'cli.secrecy.masked': { zh: '脱敏显示', en: 'shown masked' },
  'cli.secrecy.hidden': { zh: '不显示', en: 'never shown' },
  'cli.at.open': { zh: '打开信封', en: 'opening the envelope' },
  'cli.at.admit': { zh: '受理登记', en: 'the durable claim' },
  'cli.at.business': { zh: '业务判断', en: 'the business decision' },
  'cli.at.answer': { zh: '最后的应答', en: 'the answer itself' },
  'cli.needs.B': { zh: '黑盒', en: 'black box' },
  'cli.needs.L': { zh: '账本导出', en: 'ledger export' },
  'cli.needs.K': { zh: '银行替身', en: 'bank stand-in' },
  'cli.kind.row': { zh: '目录行', en: 'catalogue row' },
  'cli.kind.group': { zh: '分组', en: 'group' },
  'cli.kind.invariant': { zh: '不变量', en: 'invariant' },
  'cli.kind.mutant': { zh: '植入缺陷', en: 'mutant' },
  'cli.kind.class': { zh: '应答类别', en: 'answer class' },
  'cli.kind.code': { zh: '应答码', en: 'reply code' },
  'cli.kind.field': { zh: '字段', en: 'field' },
  'cli.kind.head': { zh: '报文头的行', en: 'line of the head' },
  'cli.kind.part': { zh: '信封部分', en: 'part of the envelope' },
  'cli.kind.message': { zh: '报文', en: 'message' },
  'cli.kind.step': { zh: '拒绝步骤', en: 'refusal step' },
  'cli.kind.verdict': { zh: '结论', en: 'verdict' },
  'cli.kind.cause': { zh: '原因归属', en: 'cause' },
  'cli.kind.exit': { zh: '退出码', en: 'exit code' },
  'cli.kind.feature': { zh: '被测方功能', en: 'feature of a subject' },
  'cli.kind.profile': { zh: '配置档', en: 'profile' },
  'cli.source.catalogue': { zh: '场景目录；据 {from}', en: 'the catalogue of scenarios, after {from}' },
  'cli.source.invariants': {
    zh: '场景目录，资金不变量（conformance/told.json）',
    en: 'the catalogue, money invariants (conformance/told.json)',
  },
  'cli.source.mutants': {
    zh: '场景目录，必须发现的缺陷（conformance/told.json、mutants.json）',
    en: 'the catalogue, required mutants (conformance/told.json, mutants.json)',
  },
  'cli.report.000': {
    zh: '实践报告 000（跨境钱包：事件溯源与重试批处理）',
    en: 'field report 000 (a cross-border wallet: event sourcing, retry batch)',
  },
  'cli.report.001': {
    zh: '实践报告 001（和包互联互通）',
    en: 'field report 001 (a wallet’s interconnection)',
  },
  'cli.report.002': {
    zh: '实践报告 002（海外聚合收单：汇率与次日文件）',
    en: 'field report 002 (an aggregator abroad: exchange rates, next-day files)',
  },
  'cli.report.003': {
    zh: '实践报告 003（支付从业者问答）',
    en: 'field report 003 (practitioners’ questions and answers)',
  },
  'cli.report.004': {
    zh: '实践报告 004（支付核心的补偿与重复支付）',
    en: 'field report 004 (a payment core: compensation, repeated payments)',
  },
  'cli.report.unionpay': { zh: '银联公开资料', en: 'public UnionPay material' },
  'cli.report.domain': { zh: '领域知识', en: 'domain knowledge' },
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
  'cli.explain.at': { zh: '在此阶段判定：{at}', en: 'decided at {at}' },
  'cli.explain.caughtby': { zh: '应被这些行发现：{rows}', en: 'must be caught by {rows}' },
  'cli.origin.public': { zh: '来自公开资料', en: 'from public sources' },
  'cli.origin.house': { zh: '本项目自定', en: 'ours: no public number exists' },
  'cli.init.written': { zh: '已写入 {file}', en: 'Written: {file}' },
  'cli.init.keys': {
    zh: '还没有证书，所以生成了两对测试密钥，私钥在：{files}（交给你方系统，不要提交到版本库）',
    en: 'No certificates were named, so two test pairs were made; their private halves: {files} (for your system; keep them out of version control)',
  },
  'cli.init.features': {
    zh: '还没有声明任何功能：在 {file} 的 features 中写明真正提供的，否则所有场景都是“未能证明”。',
    en: 'No feature is declared yet: name what your system really offers under features in {file}; until then every page is “not shown”.',
  },
  'cli.init.peers': {
    zh: '我方各方与公钥，供你方登记：',
    en: 'Our parties and public keys, for your directory:',
  },
  'cli.init.pair': {
    zh: '签名与加密各有一对密钥：--sign 与 --encrypt 要么都给，要么都不给（不给则生成测试密钥）',
    en: 'a party has a pair for signing and a pair for encryption: give both --sign and --encrypt, or neither, and test pairs are made',
  },
  'cli.init.terminal': {
    zh: 'init 只在终端上提问；这里请用 --url（及其他选项）回答，或用 --yes 全部取默认值',
    en: 'init asks its questions on a terminal; here answer by --url and the other options, or take every default with --yes',
  },
  'cli.init.cancelled': { zh: '已取消，什么也没有写。', en: 'Cancelled; nothing was written.' },
  'cli.init.begin': {
    zh: '为你方系统写一份配置。直接回车取括号中的默认值。',
    en: 'A configuration for your own system. Enter takes the default.',
  },
  'cli.init.ask.name': { zh: '系统名称', en: 'What is your system called?' },
  'cli.init.ask.url': { zh: '报文送到哪里', en: 'Where does it take messages?' },
  'cli.init.ask.sign': {
    zh: '签名证书或密钥文件（没有就回车，生成测试密钥）',
    en: 'File of its signing certificate or key (none: Enter, and test pairs are made)',
  },
  'cli.init.ask.encrypt': { zh: '加密证书或密钥文件', en: 'File of its encryption certificate or key' },
  'cli.init.ask.port': { zh: '它到哪个端口找清算组织', en: 'At which port does it find our switch?' },
  'cli.init.ask.seed': { zh: '测试密钥的种子', en: 'Seed of our test keys' },
  'cli.init.ask.features': {
    zh: '真正提供给考官的功能（空格选择）',
    en: 'What does it really offer an examiner? (space selects)',
  },
  'cli.watch.round': {
    zh: '{sign} 第 {round} 轮：{outcome}（退出码 {exit}）。文件变化时重跑，Ctrl-C 停止。',
    en: '{sign} round {round}: {outcome} (exit {exit}). Watching for changes; Ctrl-C stops.',
  },
  'cli.watch.changed': { zh: '有变化：{files}', en: 'changed: {files}' },
  'cli.watch.stopped': { zh: '已停止。', en: 'Stopped.' },
  'cli.compare.differ': { zh: '{what}不同：{a} → {b}', en: '{what} differs: {a} → {b}' },
  'cli.compare.differ.mind': {
    zh: '两次运行的条件不同：下面的变化未必出自被测方。',
    en: 'The runs were not played alike: what changed below need not be the subject’s doing.',
  },
  'cli.compare.unended': { zh: '没有运行到底', en: 'did not come to its end' },
  'cli.compare.transcript.equal': {
    zh: '录制摘要相同：同样的报文，同样的次序。',
    en: 'The transcripts are equal: the same messages in the same order.',
  },
  'cli.compare.transcript.differ': { zh: '录制摘要不同。', en: 'The transcripts differ.' },
  'cli.compare.transcript.open': {
    zh: '至少一次运行没有到底，录制摘要无从比较。',
    en: 'One of the runs did not come to its end, so their transcripts cannot be compared.',
  },
  'cli.compare.changes': { zh: '结论有变的场景', en: 'Changed verdicts' },
  'cli.compare.answers': {
    zh: '应答有变（同类报文第 n 条）',
    en: 'Changed answers (n-th message of its type)',
  },
  'cli.compare.more': { zh: '另有 {n} 项，用 --json 全部列出', en: '… {n} more; --json has them all' },
  'cli.compare.broken': { zh: '变坏', en: 'broken' },
  'cli.compare.fixed': { zh: '已修复', en: 'fixed' },
  'cli.compare.newly shown': { zh: '新近证明', en: 'newly shown' },
  'cli.compare.no longer shown': { zh: '不再证明', en: 'no longer shown' },
  'cli.compare.better': { zh: '较好', en: 'better' },
  'cli.compare.worse': { zh: '较差', en: 'worse' },
  'cli.compare.same': { zh: '{n} 个场景结论相同', en: '{n} pages unchanged' },
  'cli.compare.only.a': {
    zh: '只在 A 中（B 没有选）：{n} 个：{pages}',
    en: 'Only in A, not chosen in B: {n}: {pages}',
  },
  'cli.compare.only.b': {
    zh: '只在 B 中（A 没有选）：{n} 个：{pages}',
    en: 'Only in B, not chosen in A: {n}: {pages}',
  },
  'cli.compare.fine': { zh: '没有变坏的。', en: 'Nothing got worse.' },
  'cli.compare.bad': { zh: '变坏的场景：{n} 个。', en: 'Pages that got worse: {n}.' },
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
  'cli.stories.held': {
    zh: '{stories} 个故事、{steps} 步，每步之后不变式均成立（{cut} 个中途无法继续）',
    en: 'every invariant held after each of {steps} steps of {stories} stories ({cut} could not be played to their end)',
  },
  'cli.stories.broken': {
    zh: '第 {stories} 个故事违反不变式；缩减 {shrinks} 次之后：',
    en: 'story {stories} breaks an invariant; shrunk {shrinks} times:',
  },
  'cli.stories.saved': { zh: '已写成场景页 {file}', en: 'written down as a page: {file}' },
  'cli.stories.found': { zh: '种子 {seed}，路径 {path}', en: 'seed {seed}, path {path}' },
  'cli.besiege.plays': {
    zh: '演练 {plays} 次，{broken} 次违反不变式',
    en: '{plays} plays, {broken} of them against an invariant',
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
  'cli.spawn.none': { zh: '无法启动“{program}”：找不到', en: '“{program}” was not found' },
  'cli.spawn.code': { zh: '退出码 {code}', en: 'exit code {code}' },
  'cli.spawn.signal': { zh: '信号 {signal}', en: 'signal {signal}' },
  'cli.spawn.silent': { zh: '（它在 stderr 上什么也没说）', en: '(it said nothing on stderr)' },
  'cli.spawn.taken': {
    zh: '{url} 上已有程序应答，无法在那里启动被测方：先结束它，或去掉 subject.url，由我们选一个空闲端口（${port}）',
    en: 'something answers at {url} already, so the subject cannot be started there: end it, or leave subject.url out and we choose a free port (${port})',
  },
  'cli.spawn.ended': {
    zh: '被测方尚未就绪就结束了（{how}）：{command}\n它在 stderr 上最后说：\n{last}',
    en: 'the subject was over before it was ready ({how}): {command}\nIts last words on stderr:\n{last}',
  },
  'cli.spawn.late.answer': {
    zh: '被测方 {seconds} 秒内没有就绪：{awaited} 没有应答（subject.spawn.ready、within）。命令：{command}\n它在 stderr 上最后说：\n{last}',
    en: 'the subject was not ready within {seconds} s: nothing answered at {awaited} (subject.spawn.ready, within). Command: {command}\nIts last words on stderr:\n{last}',
  },
  'cli.spawn.late.line': {
    zh: '被测方 {seconds} 秒内没有就绪：stdout 上没有出现 {awaited}（subject.spawn.ready、within）。命令：{command}\n它在 stderr 上最后说：\n{last}',
    en: 'the subject was not ready within {seconds} s: it did not print {awaited} on stdout (subject.spawn.ready, within). Command: {command}\nIts last words on stderr:\n{last}',
  },
  'cli.spawn.midway': {
    zh: '被测方在评判途中自行结束（{how}），此后的场景都无从展示。它在 stderr 上最后说：\n{last}',
    en: 'the subject ended by itself in the middle of the run ({how}); no page after that could be shown. Its last words on stderr:\n{last}',
  },
  'cli.doctor.fine': { zh: '一切就绪。', en: 'Everything needed is here.' },
  'cli.doctor.missing': {
    zh: '缺少必需项，见上面带 ✗ 的行。',
    en: 'Something needed is missing: see the lines with ✗.',
  },
} as const satisfies Words
